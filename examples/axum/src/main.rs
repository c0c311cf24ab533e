//! Serves the tasks of a file: `cargo run -- tasks.db`, then `curl -N localhost:3000/tasks` shows what others add with
//! `curl -X POST localhost:3000/tasks -H 'content-type: application/json' -d '{"title": "write"}'`.

use std::error::Error;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "tasks.db".to_owned());
    let engine = tidewater_example_axum::open(path).await?;
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}/tasks", listener.local_addr()?);
    axum::serve(listener, tidewater_example_axum::router(engine)).await?;
    Ok(())
}
