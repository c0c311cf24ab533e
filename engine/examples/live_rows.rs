//! Rows as structs, kept up to date in a thread that waits for changes.

#![allow(clippy::disallowed_methods, reason = "a native program")]

use std::thread;
use std::time::Duration;

use tidewater::{Engine, FromRow, Location, Options, RowEdit};

#[derive(Debug, FromRow)]
struct Score {
    player: String,
    #[tidewater(rename = "sum(points)")]
    points: i64,
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let engine = Engine::open(Location::Memory, Options::default())?;
    engine.exec("CREATE TABLE game(player TEXT NOT NULL, points INTEGER NOT NULL)", ())?;
    let sql = "SELECT player, sum(points) FROM game GROUP BY player ORDER BY sum(points) DESC, player";
    let mut board = engine.live::<Score>(sql, ())?;
    let shown = thread::spawn(move || {
        while board.len() < 2 || board[0].points < 12 {
            for edit in board.changes_timeout(Duration::from_secs(10))? {
                match edit {
                    RowEdit::Insert { index, row } => println!("{index}: {} enters with {}", row.player, row.points),
                    RowEdit::Replace { index, old, row } => {
                        println!("{index}: {} goes from {} to {}", row.player, old.points, row.points);
                    }
                    RowEdit::Remove { index, row } => println!("{index}: {} leaves", row.player),
                    RowEdit::Move { from, to } => println!("{from} moves to {to}"),
                }
            }
        }
        Ok::<_, tidewater::Error>(board.into_rows())
    });
    for (player, points) in [("ada", 5), ("max", 7), ("ada", 7)] {
        engine.exec("INSERT INTO game VALUES (?, ?)", (player, points))?;
    }
    let board = shown.join().map_err(|_| "the thread panicked")??;
    assert_eq!(
        board.iter().map(|score| (score.player.as_str(), score.points)).collect::<Vec<_>>(),
        [("ada", 12), ("max", 7)]
    );
    Ok(())
}
