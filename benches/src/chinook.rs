//! Chinook, from the folder of recorded queries: a record shop, its history and its standing queries.

use rusqlite::Connection;
use tidewater_oracle::corpus::StandingQueries;

use crate::failure::Outcome;
use crate::query::{Class, Query, Write};

/// The three files.
#[derive(Clone, Debug)]
pub struct Chinook(StandingQueries);

/// The classes of the queries in the order of the file.
const CLASSES: &[Class] = &[
    Class::Filter,
    Class::LeftJoin,
    Class::Group,
    Class::Group,
    Class::Exists,
    Class::LeftJoin,
    Class::Over,
    Class::Over,
    Class::Recursive,
    Class::LeftJoin,
    Class::Exists,
    Class::Exists,
    Class::Union,
    Class::Group,
    Class::LeftJoin,
    Class::Group,
    Class::Exists,
    Class::Group,
    Class::Group,
    Class::Group,
    Class::Group,
    Class::Window,
    Class::LeftJoin,
    Class::Exists,
];

impl Chinook {
    /// Reads the three texts.
    #[must_use]
    pub fn parse(schema: &str, stream: &str, queries: &str) -> Self {
        Self(StandingQueries::parse(schema, stream, queries))
    }

    /// Fills an empty database: the schema, and the whole history.
    ///
    /// # Errors
    /// An error of SQLite.
    pub fn fill(&self, connection: &Connection) -> Outcome<()> {
        connection.execute_batch(&self.0.schema)?;
        for transaction in &self.0.transactions {
            connection.execute_batch(transaction)?;
        }
        Ok(())
    }

    /// The queries, each with the writes that may affect it.
    #[must_use]
    pub fn queries(&self) -> Vec<Query> {
        let writes = writes();
        let classes = CLASSES.iter().copied().chain(std::iter::repeat(Class::Filter));
        let named = self.0.queries.iter().zip(classes).enumerate();
        named
            .map(|(at, (sql, class))| Query {
                name: format!("c{:02}", at + 1),
                class,
                sql: sql.clone(),
                params: Vec::new(),
                writes: writes.clone(),
            })
            .collect()
    }
}

/// A write for each table that changes at all, so that for each query one of them changes its result.
fn writes() -> Vec<Write> {
    const ID: i64 = 100_000;
    let insert = |table: &str, key: &str, values: &str| {
        Write::of(
            &format!("INSERT INTO {table} VALUES ({ID}, {values})"),
            &format!("DELETE FROM {table} WHERE {key} = {ID}"),
        )
    };
    vec![
        insert("Invoice", "InvoiceId", "1, '2099-01-01', NULL, 'Poseidonis', NULL, 'Atlantis', NULL, 99.5"),
        insert("InvoiceLine", "InvoiceLineId", "1, 2, 0.99, 5"),
        insert("Track", "TrackId", "'Aardvark', 1, 1, 1, NULL, 99999999, 1, 99.99"),
        insert("Track", "TrackId", "'Aardvark', 1, 3, 25, NULL, 99999999, 1, 99.99"),
        Write::of(
            "INSERT INTO PlaylistTrack VALUES (1, 3)",
            "DELETE FROM PlaylistTrack WHERE PlaylistId = 1 AND TrackId = 3",
        ),
        insert("Artist", "ArtistId", "'Aardvark'"),
        insert("Album", "AlbumId", "'Aardvark', 1"),
        Write::of(
            &format!("INSERT INTO Employee(EmployeeId, LastName, FirstName, ReportsTo) VALUES ({ID}, 'New', 'A', 2)"),
            &format!("DELETE FROM Employee WHERE EmployeeId = {ID}"),
        ),
        Write::of(
            &format!(
                "INSERT INTO Customer(CustomerId, FirstName, LastName, Company, Country, Email, SupportRepId) \
                 VALUES ({ID}, 'A', 'New', 'Aardvarks', 'Atlantis', 'a@example.org', 3)"
            ),
            &format!("DELETE FROM Customer WHERE CustomerId = {ID}"),
        ),
    ]
}
