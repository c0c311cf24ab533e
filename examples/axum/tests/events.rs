//! The server over a real socket: the list, what changes of it, and that a client who goes away leaves nothing behind.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tidewater::AsyncEngine;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// A server of a file, and the address of its tasks.
async fn serve(path: &Path) -> (AsyncEngine, String) {
    let engine = tidewater_example_axum::open(path).await.expect("the file opens");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = format!("http://{}/tasks", listener.local_addr().expect("it has an address"));
    let router = tidewater_example_axum::router(engine.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (engine, address)
}

/// The events of one response.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn of(client: &Client, address: &str) -> Self {
        let response = client.get(address).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next event: its name and its data.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let line = |name| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let (name, data) = (line("event: "), line("data: "));
                self.text = rest.to_owned();
                match (name, data) {
                    (Some(name), Some(data)) => return (name, serde_json::from_str(&data).expect("JSON")),
                    // A comment that keeps the connection open.
                    _ => continue,
                }
            }
            let chunk = timeout(LONG, self.response.chunk()).await.expect("an event comes").expect("the server is there");
            self.text += std::str::from_utf8(&chunk.expect("the stream goes on")).expect("UTF-8");
        }
    }
}

async fn add(client: &Client, address: &str, title: &str) {
    let answer = client.post(address).json(&json!({ "title": title })).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn clients_see_the_list_and_what_changes_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tasks.db");
    let (engine, address) = serve(&path).await;
    let client = Client::new();
    add(&client, &address, "write").await;

    let mut events = Events::of(&client, &address).await;
    let (name, data) = events.next().await;
    assert_eq!((name.as_str(), &data["rows"]), ("snapshot", &json!([[1, "write"]])));

    add(&client, &address, "read").await;
    let (name, data) = events.next().await;
    assert_eq!((name.as_str(), &data["edits"]), ("diff", &json!([{ "insert": 1, "row": [2, "read"] }])));

    // Another program.
    let other = rusqlite::Connection::open(&path).expect("the file opens");
    other.execute("UPDATE task SET done = 1 WHERE id = 1", ()).expect("a write");
    let (name, data) = events.next().await;
    assert_eq!((name.as_str(), &data["edits"]), ("diff", &json!([{ "remove": 0 }])));

    let answer = client.post(&address).json(&json!({ "title": null })).send().await.expect("an answer");
    assert!(answer.status().is_client_error());
    drop(events);
    engine.close().await;
}

#[tokio::test]
async fn a_client_who_goes_away_is_unsubscribed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (engine, address) = serve(&folder.path().join("tasks.db")).await;
    let client = Client::new();
    let (mut stays, mut goes) = (Events::of(&client, &address).await, Events::of(&client, &address).await);
    stays.next().await;
    goes.next().await;
    assert_eq!(engine.stats().await.expect("it is open").subscriptions, 2);
    drop(goes);
    timeout(LONG, async {
        while engine.stats().await.expect("it is open").subscriptions > 1 {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("the subscription of the client who went is dropped");
    add(&client, &address, "still there").await;
    assert_eq!(stays.next().await.0, "diff");
}
