//! Lowered queries mean what they meant: SQLite gives the same rows for both texts.
