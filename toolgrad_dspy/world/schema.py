"""The tables of the world. Without row ids, because the ids are texts: the image is a third smaller."""

SCHEMA = """
CREATE TABLE counter (
    kind TEXT PRIMARY KEY, start INTEGER NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE contact (
    contact_id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, phone TEXT,
    relation TEXT NOT NULL, district TEXT NOT NULL, address TEXT NOT NULL,
    accepts_messages INTEGER NOT NULL, listed INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE place (
    place_id TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, district TEXT NOT NULL,
    address TEXT NOT NULL, x INTEGER NOT NULL, y INTEGER NOT NULL, step_free INTEGER NOT NULL,
    phone TEXT NOT NULL, opens TEXT NOT NULL, closes TEXT NOT NULL, closed_on INTEGER, about TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX place_by_category ON place (category, district);

CREATE TABLE stop (
    stop_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, district TEXT NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, step_free INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE route (
    route_id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, mode TEXT NOT NULL,
    headway INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE route_stop (
    route_id TEXT NOT NULL REFERENCES route, position INTEGER NOT NULL,
    stop_id TEXT NOT NULL REFERENCES stop, minutes INTEGER NOT NULL,
    PRIMARY KEY (route_id, position)
) WITHOUT ROWID;
CREATE TABLE disruption (
    disruption_id TEXT PRIMARY KEY, route_id TEXT NOT NULL REFERENCES route,
    first_day TEXT NOT NULL, last_day TEXT NOT NULL, reason TEXT NOT NULL, advice TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE forecast (
    district TEXT NOT NULL, date TEXT NOT NULL, condition TEXT NOT NULL, high_c INTEGER NOT NULL,
    low_c INTEGER NOT NULL, rain_mm REAL NOT NULL, wind_kmh INTEGER NOT NULL,
    PRIMARY KEY (district, date)
) WITHOUT ROWID;
CREATE TABLE weather_alert (
    alert_id TEXT PRIMARY KEY, district TEXT NOT NULL, date TEXT NOT NULL,
    kind TEXT NOT NULL, level TEXT NOT NULL, advice TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE book (
    book_id TEXT PRIMARY KEY, title TEXT NOT NULL UNIQUE, author TEXT NOT NULL, genre TEXT NOT NULL,
    language TEXT NOT NULL, year INTEGER NOT NULL, pages INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE copy (
    copy_id TEXT PRIMARY KEY, book_id TEXT NOT NULL REFERENCES book,
    place_id TEXT NOT NULL REFERENCES place, status TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX copy_by_book ON copy (book_id);
CREATE TABLE loan (
    loan_id TEXT PRIMARY KEY, copy_id TEXT NOT NULL REFERENCES copy, contact_id TEXT NOT NULL REFERENCES contact,
    due_date TEXT NOT NULL, renewals INTEGER NOT NULL, returned INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE reservation (
    reservation_id TEXT PRIMARY KEY, copy_id TEXT NOT NULL REFERENCES copy,
    contact_id TEXT NOT NULL REFERENCES contact, place_id TEXT NOT NULL REFERENCES place,
    pickup_from TEXT NOT NULL, status TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX reservation_by_copy ON reservation (copy_id);

CREATE TABLE restaurant (
    restaurant_id TEXT PRIMARY KEY, place_id TEXT NOT NULL UNIQUE REFERENCES place,
    cuisine TEXT NOT NULL, price_level INTEGER NOT NULL, rating REAL NOT NULL, diets TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE dish (
    restaurant_id TEXT NOT NULL REFERENCES restaurant, position INTEGER NOT NULL, course TEXT NOT NULL,
    name TEXT NOT NULL, price REAL NOT NULL, diets TEXT NOT NULL,
    PRIMARY KEY (restaurant_id, position)
) WITHOUT ROWID;
CREATE TABLE dining_table (
    table_id TEXT PRIMARY KEY, restaurant_id TEXT NOT NULL REFERENCES restaurant,
    seats INTEGER NOT NULL, area TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX table_by_restaurant ON dining_table (restaurant_id);
CREATE TABLE booking (
    booking_id TEXT PRIMARY KEY, table_id TEXT NOT NULL REFERENCES dining_table,
    contact_id TEXT NOT NULL REFERENCES contact, date TEXT NOT NULL, time TEXT NOT NULL,
    party_size INTEGER NOT NULL, note TEXT, status TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX booking_by_table ON booking (table_id, date);

CREATE TABLE entry (
    entry_id TEXT PRIMARY KEY, title TEXT NOT NULL, date TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL,
    organiser_id TEXT NOT NULL REFERENCES contact, place_id TEXT REFERENCES place, notes TEXT,
    reminder_minutes INTEGER, reminder_channel TEXT
) WITHOUT ROWID;
CREATE INDEX entry_by_date ON entry (date, start);
CREATE TABLE attendee (
    entry_id TEXT NOT NULL REFERENCES entry ON DELETE CASCADE, contact_id TEXT NOT NULL REFERENCES contact,
    PRIMARY KEY (entry_id, contact_id)
) WITHOUT ROWID;

CREATE TABLE message (
    message_id TEXT PRIMARY KEY, contact_id TEXT NOT NULL REFERENCES contact, direction TEXT NOT NULL,
    sent_at TEXT NOT NULL, text TEXT NOT NULL, unread INTEGER NOT NULL, reply_to TEXT REFERENCES message
) WITHOUT ROWID;

CREATE TABLE event (
    event_id TEXT PRIMARY KEY, title TEXT NOT NULL, kind TEXT NOT NULL, place_id TEXT NOT NULL REFERENCES place,
    date TEXT NOT NULL, start TEXT NOT NULL, end TEXT NOT NULL, price REAL NOT NULL,
    seats_left INTEGER NOT NULL, about TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE ticket (
    ticket_id TEXT PRIMARY KEY, event_id TEXT NOT NULL REFERENCES event, seats INTEGER NOT NULL, status TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE parcel (
    parcel_id TEXT PRIMARY KEY, sender TEXT NOT NULL, status TEXT NOT NULL,
    expected_date TEXT NOT NULL, place_id TEXT REFERENCES place, weight_kg REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE scan (
    parcel_id TEXT NOT NULL REFERENCES parcel, position INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL,
    PRIMARY KEY (parcel_id, position)
) WITHOUT ROWID;
"""
