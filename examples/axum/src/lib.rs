//! Tasks over HTTP: a POST writes one, and a GET is a stream of server-sent events that begins with the list and goes on with what
//! changes of it, by this server or by another program that has the file open.

mod json;

use std::convert::Infallible;
use std::path::PathBuf;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event as SentEvent, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use tidewater::{AsyncEngine, AsyncOptions, Error, Event, Options, Polling};
use tokio_stream::{Stream, StreamExt};

const TASKS: &str = "SELECT id, title FROM task WHERE done = 0 ORDER BY id";

/// Opens the file, in WAL mode so that reads do not wait, and follows other programs that write it.
pub async fn open(path: impl Into<PathBuf>) -> Result<AsyncEngine, Error> {
    let following = AsyncOptions::default().with_polling(Polling::default());
    let engine = AsyncEngine::open_with(path.into(), Options::default(), following).await?;
    engine.exec("PRAGMA journal_mode = WAL", ()).await?;
    let schema = "CREATE TABLE IF NOT EXISTS task(id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0)";
    engine.exec(schema, ()).await?;
    Ok(engine)
}

/// The pages of the server.
pub fn router(engine: AsyncEngine) -> Router {
    Router::new().route("/tasks", get(follow).post(add)).with_state(engine)
}

#[derive(Deserialize)]
struct NewTask {
    title: String,
}

/// Adds a task. The answer comes when every subscription has its event.
async fn add(State(engine): State<AsyncEngine>, Json(task): Json<NewTask>) -> Result<StatusCode, (StatusCode, String)> {
    engine.exec("INSERT INTO task(title) VALUES (?)", [task.title]).await.map_err(refused)?;
    Ok(StatusCode::CREATED)
}

/// The tasks, and what changes of them. The stream owns the subscription: when the client goes, both are dropped.
async fn follow(
    State(engine): State<AsyncEngine>,
) -> Result<Sse<impl Stream<Item = Result<SentEvent, Infallible>>>, (StatusCode, String)> {
    let mut tasks = engine.subscribe(TASKS, ()).await.map_err(refused)?;
    let snapshot = SentEvent::default().event("snapshot").data(json::snapshot(&tasks.take_snapshot()).to_string());
    let events = tokio_stream::once(snapshot).chain(tasks.map(|event| sent(&event)));
    Ok(Sse::new(events.map(Ok)).keep_alive(KeepAlive::default()))
}

fn sent(event: &Event) -> SentEvent {
    match event {
        Event::Diff(diff) | Event::Recovered(diff) => SentEvent::default().event("diff").data(json::diff(diff).to_string()),
        Event::Columns(snapshot) => SentEvent::default().event("snapshot").data(json::snapshot(snapshot).to_string()),
        Event::Error { error, .. } => SentEvent::default().event("failure").data(error.code()),
        // Paranoid mode is off.
        _ => SentEvent::default().event("failure").data("unexpected"),
    }
}

/// An error of the engine's as an answer.
fn refused(error: Error) -> (StatusCode, String) {
    let status = match error.code() {
        "busy" | "closed" => StatusCode::SERVICE_UNAVAILABLE,
        "constraint" | "bad_parameters" | "too_big" => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, error.to_string())
}
