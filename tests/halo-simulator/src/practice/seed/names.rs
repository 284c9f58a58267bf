//! Ordinary names, and invented streets and places.

/// Surnames. A surname that is listed twice is more frequent.
#[rustfmt::skip]
pub(super) const SURNAMES: [&str; 96] = [
    "Smith", "Smith", "Smith", "Jones", "Jones", "Williams", "Williams", "Brown", "Brown", "Wilson", "Wilson",
    "Taylor", "Taylor", "Nguyen", "Nguyen", "Nguyen", "Johnson", "Martin", "White", "Anderson", "Walker", "Walker",
    "Thompson", "Thomas", "Lee", "Lee", "Harris", "Ryan", "Robinson", "Kelly", "King", "Davis", "Wright", "Evans",
    "Roberts", "Green", "Hall", "Wood", "Jackson", "Clarke", "Patel", "Singh", "Singh", "Kaur", "Chen", "Wang",
    "Li", "Tran", "Tran", "Pham", "Le", "Kim", "Park", "Khan", "Ali", "Ahmed", "Hassan", "Costa", "Rossi",
    "Romano", "Papadopoulos", "Kowalski", "Novak", "Petrov", "Müller", "Schäfer", "O'Connor", "O'Sullivan",
    "McKenzie", "MacLeod", "Fitzgerald", "Murphy", "Campbell", "Stewart", "Morrison", "Fraser", "Young",
    "Mitchell", "Turner", "Phillips", "Edwards", "Collins", "Bailey", "Cooper", "Richardson", "Cox", "Ward",
    "Hughes", "Marshall", "Baker", "Carter", "Parker", "van Dijk", "Da Silva", "García", "Lefèvre",
];

#[rustfmt::skip]
pub(super) const WOMEN: [&str; 48] = [
    "Olivia", "Charlotte", "Amelia", "Mia", "Grace", "Ava", "Ruby", "Ella", "Chloe", "Sophie", "Emily", "Lucy",
    "Hannah", "Zoe", "Matilda", "Jessica", "Sarah", "Rebecca", "Nicole", "Michelle", "Karen", "Susan", "Margaret",
    "Patricia", "Judith", "Helen", "Christine", "Dorothy", "Joan", "Betty", "Lan", "Mai", "Linh", "Priya",
    "Ananya", "Fatima", "Aisha", "Yuki", "Ji-woo", "Maria", "Giulia", "Elena", "Katarzyna", "Chloé", "Anaïs",
    "Mary Anne", "Jo", "Xin",
];

#[rustfmt::skip]
pub(super) const MEN: [&str; 48] = [
    "Oliver", "Noah", "Jack", "William", "Leo", "Henry", "Thomas", "James", "Lucas", "Ethan", "Liam", "Samuel",
    "Daniel", "Joshua", "Matthew", "Michael", "Andrew", "David", "Peter", "Paul", "Mark", "Stephen", "Robert",
    "John", "Kenneth", "Brian", "Keith", "Ronald", "Raymond", "Douglas", "Minh", "Duc", "Tuan", "Arjun", "Rohan",
    "Omar", "Yusuf", "Kenji", "Min-jun", "Marco", "Luca", "Dimitri", "Piotr", "André", "José", "Jean-Luc", "Bo", "Wei",
];

pub(super) const STREETS: [&str; 20] = [
    "Wattlebird Lane",
    "Old Mill Road",
    "Ironbark Street",
    "Currawong Crescent",
    "Stringybark Drive",
    "Quarry Road",
    "Jacaranda Avenue",
    "Bottlebrush Court",
    "Paddock Way",
    "Creekside Parade",
    "Lantern Street",
    "Rosella Place",
    "Myrtle Street",
    "Shearers Lane",
    "Boundary Road",
    "Hakea Close",
    "Banksia Street",
    "Magpie Terrace",
    "Tallowood Rise",
    "Station Street",
];

/// Places that exist on no map, with postcodes that no place has.
pub(super) const TOWNS: [(&str, &str); 8] = [
    ("Bluegum Hollow", "2991"),
    ("Saltbush Point", "2992"),
    ("Upper Wirrabeen", "2993"),
    ("Quandong Flat", "2994"),
    ("Mallee Crossing", "2995"),
    ("Lake Tarrawonga", "2996"),
    ("St Brigid", "2997"),
    ("Northgate Downs", "2998"),
];

pub(super) const RELIGIONS: [&str; 5] = ["Anglican", "Catholic", "Hindu", "None", "Islam"];

pub(super) const FUNDS: [&str; 3] =
    ["Wattle Mutual Health", "Harbourlight Health Fund", "Outback & Coast"];

/// The characters of a name that an e-mail address can have.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}
