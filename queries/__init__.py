"""Everything that computes: staging -> facts -> marts -> published read model -> metrics."""
