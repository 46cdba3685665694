"""Invented names: teams by domain, products, people. None of them stands for a real team or person."""

DOMAINS = ("Marketing", "Pricing", "Supply chain", "Fraud and risk", "Customer service")

# Five in a row, one per domain; a ninth name per domain is never needed for 40 teams.
TEAMS = (
    ("Churn", "Price elasticity", "Demand forecast", "Payment fraud", "Chat routing"),
    ("Next best offer", "Promotions", "Inventory", "Credit risk", "Speech to text"),
    ("Segmentation", "Markdown", "Route planning", "Account takeover", "Complaint triage"),
    ("Recommendations", "Dynamic pricing", "Supplier risk", "Claims", "Knowledge search"),
    ("Campaign response", "Competitor prices", "Warehouse robots", "Identity checks", "Self service"),
    ("Search ranking", "Basket value", "Returns", "Sanctions screening", "Agent assist"),
    ("Attribution", "Quotes", "Delivery promise", "Collections", "Customer feedback"),
    ("Newsletter", "Loyalty", "Replenishment", "Device trust", "Call planning"),
)

PRODUCTS = {
    "data_science": ("model", "features", "monitor"),
    "software": ("service", "pipeline", "reports"),
    "platform": ("portal", "runners"),
}

FIRST_NAMES = """
ada anouk arda bas bram carlijn chidi daan daria dewi eline emre esra femke fleur floris gijs hanna hugo ilse
ines iris isa jasper jelle jona joost julia karim kaya koen lara lars leyla lotte luuk maaike malik maren mees
milan mila nadia niek nina noor olaf otis pim pleun quinten rania ravi roos ruben sanne siem sofie suze tess
thijs tobias vera wessel wout xena yara youssef yuna zoe
"""

LAST_NAMES = """
aalders adema akkerman baars bakkum blom boersma brand burgers coelho dekkers dijkhuis drost duivel eekhof
elzinga faber fortuin geel goossen groothuis haak hazelaar heijden hoekstra ibsen jager jansma kaandorp kalma
kool kramer kuiper laan leemans lindeboom maas meerman mulderij nagtegaal noorlander okafor olthof osinga paal
pastoor polman quist rademaker reitsma rietveld sahin schaap singh sloot spaan tamminga terpstra uyttewaal
veldhuis visscher vos wagenaar westra wiersma yilmaz zandstra zijlstra
"""
