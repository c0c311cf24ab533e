//! Where the rows of a skeleton come from: a FROM and WHERE of each kind over the fixed schema.

/// A source of rows, and what can be named of it.
pub(super) struct Form {
    /// A WITH clause.
    pub(super) with: &'static str,
    /// The items of FROM.
    pub(super) from: &'static str,
    /// What stands in WHERE, or nothing.
    pub(super) filter: &'static str,
    /// What rows are grouped by.
    pub(super) group: &'static str,
    /// A number.
    pub(super) number: &'static str,
    /// A text.
    pub(super) text: &'static str,
    /// What tells the rows apart.
    pub(super) key: &'static str,
}

const P: Form =
    Form { with: "", from: "p AS t", filter: "", group: "t.boss", number: "t.n", text: "t.name", key: "t.id" };
const C: Form = Form { with: "", from: "c AS t", filter: "", group: "t.p", number: "t.n", text: "t.k", key: "t.id" };
const PC: Form = Form { group: "t.boss", number: "u.n", text: "u.k", key: "t.id, u.id", ..C };
const PCD: Form = Form { text: "w.word", key: "t.id, u.id, w.rowid", ..PC };

/// All forms.
pub(super) const FORMS: [Form; 35] = [
    P,
    C,
    Form { from: "d AS t", group: "t.c", number: "t.c", text: "t.word", key: "t.rowid", ..P },
    // Inner joins.
    Form { from: "p AS t, c AS u", filter: "u.p = t.id", ..PC },
    Form { from: "p AS t JOIN c AS u ON u.p = t.id", ..PC },
    Form { from: "p AS t JOIN p AS u ON u.id = t.boss", text: "t.name", ..PC },
    Form { from: "c AS t JOIN c AS u ON t.n = u.n AND t.id < u.id", group: "t.p", ..PC },
    Form { from: "p AS t JOIN c AS u ON u.n > t.n", ..PC },
    Form { from: "p AS t JOIN c AS u ON u.n IS t.n", ..PC },
    Form { from: "p AS t JOIN c AS u ON u.p = t.id JOIN d AS w ON w.c = u.id", ..PCD },
    Form { from: "p AS t CROSS JOIN d AS u", number: "u.c", text: "u.word", key: "t.id, u.rowid", ..PC },
    Form { from: "p AS t NATURAL JOIN c AS u", ..PC },
    Form { from: "p AS t JOIN c AS u USING(n)", ..PC },
    // Outer joins.
    Form { from: "p AS t LEFT JOIN c AS u ON u.p = t.id", ..PC },
    Form { from: "p AS t LEFT JOIN c AS u ON u.p = t.id AND u.n = 2", ..PC },
    Form { from: "p AS t LEFT JOIN c AS u ON u.p = t.id", filter: "u.id IS NULL", ..PC },
    Form { from: "p AS t LEFT JOIN p AS u ON u.boss = t.id", text: "u.name", ..PC },
    Form { from: "p AS t RIGHT JOIN c AS u ON u.p = t.id", ..PC },
    Form { from: "p AS t FULL JOIN c AS u ON u.n = t.n", ..PC },
    Form { from: "p AS t NATURAL LEFT JOIN c AS u", ..PC },
    Form { from: "p AS t LEFT JOIN c AS u ON u.p = t.id JOIN d AS w ON w.c = t.id", ..PCD },
    Form { from: "p AS t LEFT JOIN c AS u ON u.p = t.id LEFT JOIN d AS w ON w.c = u.id", ..PCD },
    // Queries in FROM.
    Form { from: "(SELECT id, boss, name, n FROM p WHERE n IS NOT NULL) AS t", ..P },
    Form {
        from: "(SELECT p, count(*) AS n, max(k) AS k, min(id) AS id FROM c GROUP BY p) AS t JOIN p AS u ON u.id = t.p",
        text: "t.k",
        number: "t.n",
        group: "u.boss",
        ..PC
    },
    Form { from: "(SELECT DISTINCT p, n, k, n AS id FROM c) AS t", key: "t.p, t.n, t.k", ..C },
    Form { from: "(SELECT * FROM c WHERE n = 1 UNION ALL SELECT * FROM c WHERE p = 1) AS t", ..C },
    Form { from: "(SELECT * FROM c ORDER BY n, id LIMIT 3) AS t", ..C },
    Form {
        with: "WITH q(id, boss, n) AS (SELECT id, boss, n FROM p WHERE n > 0) ",
        from: "q AS t JOIN q AS u ON u.boss = t.id",
        text: "u.boss",
        ..PC
    },
    Form { from: "v AS t JOIN c AS u ON u.p = t.id", group: "t.name", number: "t.n", ..PC },
    // Subqueries.
    Form { filter: "EXISTS (SELECT 1 FROM c WHERE c.p = t.id)", ..P },
    Form { filter: "NOT EXISTS (SELECT 1 FROM c JOIN d ON d.c = c.id WHERE c.p = t.id)", ..P },
    Form { filter: "t.id IN (SELECT p FROM c WHERE EXISTS (SELECT 1 FROM d WHERE d.c = c.id))", ..P },
    Form { filter: "t.n NOT IN (SELECT n FROM c WHERE c.p IS NOT t.id)", ..P },
    Form { number: "(SELECT sum(c.n) FROM c WHERE c.p = t.id)", ..P },
    Form { from: "p AS t JOIN (VALUES (1, 'x'), (2, 'y'), (2, 'z')) AS u ON u.column1 = t.n", text: "u.column2", ..P },
];
