"""What things in the world are called. Fixed for every seed, so that the examples in tool schemas always occur."""

from typing import Literal

District = Literal["Harbour", "Old Town", "Millside", "Northgate", "Riverside", "Hillcrest"]
DISTRICTS: tuple[District, ...] = ("Harbour", "Old Town", "Millside", "Northgate", "Riverside", "Hillcrest")

CENTRES: dict[District, tuple[int, int]] = {
    "Harbour": (600, 500),
    "Old Town": (2000, 1400),
    "Millside": (600, 2300),
    "Northgate": (2200, 2900),
    "Riverside": (3600, 1200),
    "Hillcrest": (3700, 2600),
}
"""Metres east and north of the breakwater light."""

STREETS: dict[District, tuple[str, ...]] = {
    "Harbour": ("Quay Street", "Chandlers Row", "Lantern Wharf", "Netmakers Lane"),
    "Old Town": ("Market Square", "Bellfounders Lane", "Castle Street", "Mint Yard"),
    "Millside": ("Weavers Road", "Sluice Lane", "Granary Street", "Bobbin Court"),
    "Northgate": ("Gatehouse Road", "Signal Street", "Carriage Lane", "Turnpike Way"),
    "Riverside": ("Willow Walk", "Ferryman Street", "Boathouse Lane", "Osier Road"),
    "Hillcrest": ("Beacon Road", "Orchard Rise", "Windmill Lane", "Larkfield Avenue"),
}

PlaceCategory = Literal[
    "cafe", "cinema", "clinic", "gallery", "gym", "hotel", "library", "market", "museum", "park", "pharmacy",
    "post_office", "restaurant", "school", "shop", "theatre",
]  # fmt: skip

PLACE_NAMES: dict[PlaceCategory, tuple[str, ...]] = {
    "cafe": ("Kettle & Crumb", "Blue Door Cafe", "The Copper Pot", "Saffron Cafe", "Corner Bean", "Tidewater Cafe"),
    "cinema": ("Orpheum", "Lighthouse Pictures", "Regent Screen", "Lantern Cinema", "Astoria", "Roxy"),
    "clinic": ("Health Centre", "Dental Practice", "Eye Clinic", "Family Practice", "Walk-in Clinic", "Physio"),
    "gallery": ("Glasshouse Gallery", "Salt Gallery", "Print Rooms", "Long Gallery", "Kiln Gallery", "North Light"),
    "gym": ("Ironworks Gym", "Rowing Club Gym", "Climbing Hall", "Swimming Baths", "Yoga Loft", "Leisure Centre"),
    "hotel": ("Anchor Hotel", "Golden Fleece", "Mill House Hotel", "Station Hotel", "Swan Hotel", "Belvedere"),
    "library": ("Library",),
    "market": ("Fish Market", "Covered Market", "Craft Market", "Farmers Market", "Flower Market", "Flea Market"),
    "museum": ("Maritime Museum", "Town Museum", "Textile Museum", "Railway Museum", "River Museum", "Observatory"),
    "park": ("Breakwater Gardens", "Castle Green", "Millpond Park", "Rampart Park", "Water Meadows", "Beacon Hill"),
    "pharmacy": ("Gull Pharmacy", "Crown Pharmacy", "Mill Pharmacy", "Arch Pharmacy", "Reed Pharmacy", "Lark Drugs"),
    "post_office": ("Post Office",),
    "restaurant": (),
    "school": ("Primary School", "Music School", "Evening College", "Language School", "Art School", "High School"),
    "shop": ("Bicycle Shop", "Bookshop", "Hardware Store", "Toy Shop", "Garden Centre", "Record Shop"),
    "theatre": ("Rope Loft Theatre", "Playhouse", "Goods Shed", "Puppet Theatre", "Open Stage", "Little Theatre"),
}  # fmt: skip

PLACE_ABOUT: dict[PlaceCategory, str] = {
    "cafe": "Coffee, cakes and light lunches.",
    "cinema": "Two screens, films in the original language on Thursdays.",
    "clinic": "Appointments on weekdays.",
    "gallery": "Changing exhibitions of regional artists.",
    "gym": "Day passes at the desk.",
    "hotel": "Rooms by the night, breakfast included.",
    "library": "Loans, study desks and a children's corner.",
    "market": "Stalls from local producers.",
    "museum": "Permanent collection with guided tours.",
    "park": "Open lawns, a playground and benches.",
    "pharmacy": "Prescriptions and advice.",
    "post_office": "Letters, parcels and a pick-up counter.",
    "restaurant": "Tables can be booked in advance.",
    "school": "Courses for children and adults.",
    "shop": "Family business, repairs on site.",
    "theatre": "Evening shows and Sunday matinees.",
}

HOURS: dict[PlaceCategory, tuple[str, str]] = {
    "cafe": ("07:30", "18:00"),
    "cinema": ("14:00", "23:30"),
    "clinic": ("08:00", "17:00"),
    "gallery": ("10:00", "18:00"),
    "gym": ("06:30", "22:00"),
    "hotel": ("00:00", "23:59"),
    "library": ("09:00", "20:00"),
    "market": ("07:00", "15:00"),
    "museum": ("10:00", "17:30"),
    "park": ("06:00", "21:30"),
    "pharmacy": ("08:30", "19:00"),
    "post_office": ("08:30", "18:00"),
    "restaurant": ("12:00", "23:00"),
    "school": ("08:00", "21:00"),
    "shop": ("09:30", "18:30"),
    "theatre": ("17:00", "23:00"),
}

STOPS: dict[District, tuple[str, ...]] = {
    "Harbour": ("Harbour Quay", "Fish Market", "Lantern Wharf", "Customs House", "Ferry Landing"),
    "Old Town": ("Market Square", "Castle Gate", "Mint Yard", "Bell Tower", "Town Hall"),
    "Millside": ("Millside Bridge", "Weavers Road", "Granary", "Sluice Lane", "Bobbin Court"),
    "Northgate": ("Northgate Station", "Gatehouse", "Turnpike", "Signal Street", "Rampart Park"),
    "Riverside": ("Riverside Pier", "Willow Walk", "Boathouse", "Water Meadows", "Osier Road"),
    "Hillcrest": ("Hillcrest Terminus", "Beacon Hill", "Orchard Rise", "Windmill", "Larkfield"),
}

FIRST_NAMES = (
    "Ada", "Bruno", "Clara", "Dario", "Edith", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Leon", "Mara",
    "Nils", "Olga", "Pavel", "Rosa", "Samir", "Tilda", "Viktor",
)  # fmt: skip
SURNAMES = (
    "Quill", "Marsh", "Okafor", "Lindqvist", "Brandt", "Castellan", "Novak", "Hale", "Iyer", "Moreau", "Petrov",
    "Santos",
)  # fmt: skip

Relation = Literal["family", "friend", "colleague", "neighbour", "business"]
RELATIONS: tuple[Relation, ...] = ("family", "friend", "colleague", "neighbour", "business")

Genre = Literal["crime", "fantasy", "history", "poetry", "romance", "science", "travel", "cooking"]
GENRES: tuple[Genre, ...] = ("crime", "fantasy", "history", "poetry", "romance", "science", "travel", "cooking")
AUTHORS = (
    "Maren Holt", "Tobias Fenwick", "Lucia Arden", "Ewan Strand", "Noor Haddad", "Agnes Bloom", "Piotr Zielinski",
    "Hana Ito", "Victor Amsel", "Sylvie Rowan", "Daniel Osei", "Frida Berg", "Marco Bellini", "Iris Calloway",
    "Owen Tarrant", "Selma Kaya", "Julian Frost", "Amara Diallo", "Nora Whitlock", "Stefan Radu",
)  # fmt: skip
TITLE_SUBJECTS = {
    "crime": ("Witness", "Alibi", "Verdict", "Locked Room", "Ransom"),
    "fantasy": ("Dragon", "Crown", "Oracle", "Labyrinth", "Sorcerer"),
    "history": ("Guild", "Siege", "Treaty", "Harbour", "Dynasty"),
    "poetry": ("Swallows", "Tides", "Candlelight", "Winter", "Echoes"),
    "romance": ("Letter", "Summer", "Promise", "Garden", "Waltz"),
    "science": ("Comet", "Atom", "Ocean", "Genome", "Glacier"),
    "travel": ("Railway", "Desert", "Island", "Pilgrim", "Caravan"),
    "cooking": ("Kitchen", "Bread", "Harvest", "Spice", "Table"),
}
TITLE_FORMS = ("The Silent {}", "A {} by the River", "{} at Midnight", "The Last {}", "Beyond the {}")

Cuisine = Literal["italian", "indian", "japanese", "seafood", "vegetarian", "regional"]
CUISINES: tuple[Cuisine, ...] = ("italian", "indian", "japanese", "seafood", "vegetarian", "regional")
Diet = Literal["vegetarian", "vegan", "gluten_free", "halal"]
DIETS: tuple[Diet, ...] = ("vegetarian", "vegan", "gluten_free", "halal")
RESTAURANTS: dict[Cuisine, tuple[str, ...]] = {
    "italian": ("Trattoria Molo", "Osteria Campana", "Da Nino", "La Lanterna", "Pergola", "Bella Vista"),
    "indian": ("Cardamom House", "Tamarind", "Mango Tree", "Spice Depot", "Lotus Court", "Peacock"),
    "japanese": ("Kawa", "Sakura Bar", "Umi", "Tanuki", "Hashi", "Komorebi"),
    "seafood": ("The Salt Barrel", "Oyster Stairs", "Pier Nine", "The Trawler", "Eel House", "Cormorant"),
    "vegetarian": ("Green Ladle", "Sprout", "The Allotment", "Fennel & Fig", "Roots", "Meadow Table"),
    "regional": (
        "The Fish Loft",
        "Castle Cellar",
        "Miller's Rest",
        "Gatehouse Inn",
        "The Ferryman",
        "Hilltop Tavern",
    ),
}
DISHES: dict[Cuisine, tuple[str, ...]] = {
    "italian": ("Minestrone", "Caprese salad", "Saffron risotto", "Spinach lasagne", "Clam linguine", "Tiramisu"),
    "indian": ("Vegetable samosa", "Lentil soup", "Chana masala", "Palak paneer", "Lamb rogan josh", "Mango kulfi"),
    "japanese": ("Miso soup", "Edamame", "Vegetable tempura", "Tofu donburi", "Salmon sashimi", "Matcha mochi"),
    "seafood": ("Seaweed salad", "Smoked mackerel", "Grilled leeks", "Mushroom stew", "Fish pie", "Lemon posset"),
    "vegetarian": ("Beetroot soup", "Fig salad", "Walnut ravioli", "Squash curry", "Barley risotto", "Plum tart"),
    "regional": ("Pea soup", "Pickled beans", "Potato dumplings", "Leek pie", "Roast pork", "Apple cake"),
}

EventKind = Literal["concert", "exhibition", "film", "market", "sport", "talk"]
EVENT_KINDS: tuple[EventKind, ...] = ("concert", "exhibition", "film", "market", "sport", "talk")
EVENT_TITLES: dict[EventKind, tuple[str, ...]] = {
    "concert": ("Jazz Quartet", "Choir Evening", "Brass Band", "Piano Recital", "Folk Session"),
    "exhibition": ("Photographs of the Harbour", "Woven Stories", "Clay and Glass", "Coast Maps", "Young Painters"),
    "film": ("Silent Film Night", "Short Film Evening", "Documentary Club", "Family Matinee", "Midnight Feature"),
    "market": ("Seed Swap", "Second-hand Book Market", "Night Market", "Spring Plant Sale", "Vinyl Fair"),
    "sport": ("Town Run", "Rowing Regatta", "Chess Tournament", "Table Tennis Open", "Beginners' Climbing"),
    "talk": ("Talk on Old Bridges", "Stars for Beginners", "The Town in 1700", "Bird Watching", "Repairing Bikes"),
}  # fmt: skip
EVENT_VENUES: dict[EventKind, PlaceCategory] = {
    "concert": "theatre",
    "exhibition": "gallery",
    "film": "cinema",
    "market": "market",
    "sport": "park",
    "talk": "library",
}
SENDERS = (
    "Paper & Ink Mail Order",
    "Northern Seeds",
    "Clockwork Parts",
    "Wool Direct",
    "Bookbarn",
    "Harbour Electronics",
)
