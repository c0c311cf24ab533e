//! The engine's types in the form that messages have.

use tidewater::{Edit, Error, Event, Params, Row, Rows, Snapshot, Value, Watch};
use tidewater_protocol::frame::{DeliveryWriter, FrameError, ParamsFrame, ValueRef, rows_frame};
use tidewater_protocol::{
    CommitId, Delivery, Epoch, ErrorInfo, Frame, HostToPage, PlanKind, RequestId, StatementResult, Stats,
    SubscriptionEvent, SubscriptionId, TabId, codes,
};

/// An event on its way from the engine's callback into a delivery.
#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) client: TabId,
    pub(crate) subscription: SubscriptionId,
    pub(crate) event: Event,
}

pub(crate) fn error(error: &Error) -> ErrorInfo {
    let mut info = ErrorInfo::new(error.code(), error.to_string());
    if let Error::Sqlite { extended_code, offset, .. } = error {
        (info.sqlite, info.offset) = (u32::try_from(*extended_code).ok(), *offset);
    }
    info
}

pub(crate) fn frame_error(error: FrameError) -> ErrorInfo {
    let code = match error {
        FrameError::TooLarge => "too_big",
        _ => codes::BAD_MESSAGE,
    };
    ErrorInfo::new(code, error.to_string())
}

pub(crate) fn params(frame: Option<&Frame>) -> Result<Params, ErrorInfo> {
    let Some(frame) = frame else { return Ok(Params::None) };
    let params = match ParamsFrame::new(&frame.0).map_err(frame_error)? {
        ParamsFrame::Positional(values) => Params::Positional(values.into_iter().map(value).collect()),
        ParamsFrame::Named(values) => {
            Params::Named(values.into_iter().map(|(name, given)| (name.to_owned(), value(given))).collect())
        }
    };
    Ok(params)
}

fn value(given: ValueRef<'_>) -> Value {
    match given {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(bytes) => Value::Text(tidewater::Text::from_bytes(bytes)),
        ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
    }
}

/// Ids are below 2^53, see the protocol's documentation.
pub(crate) fn integer(id: u64) -> Value {
    Value::Integer(i64::try_from(id).unwrap_or(i64::MAX))
}

/// The epoch in the only cell of `rows`, 0 if there is none.
pub(crate) fn epoch(rows: &Rows) -> Epoch {
    match rows.rows.first().and_then(|row| row.get(0)) {
        Some(tidewater::ValueRef::Integer(epoch)) => Epoch(u64::try_from(epoch).unwrap_or(0)),
        _ => Epoch(0),
    }
}

/// The text in the only cell of `rows`.
pub(crate) fn text(rows: &Rows) -> String {
    match rows.rows.first().and_then(|row| row.get(0)) {
        Some(tidewater::ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    }
}

pub(crate) fn rows(rows: &[Row]) -> Result<Frame, ErrorInfo> {
    rows_frame(rows.iter().map(Row::as_bytes)).map_err(frame_error)
}

/// The first rows are sent and not kept.
pub(crate) fn subscribed(subscription: SubscriptionId, watch: &mut Watch) -> Result<HostToPage, ErrorInfo> {
    let snapshot = watch.take_snapshot();
    Ok(HostToPage::Subscribed {
        subscription,
        commit: CommitId(snapshot.commit.0),
        columns: snapshot.columns.to_vec(),
        plan: plan(watch.plan()),
        rows: rows(&snapshot.rows)?,
    })
}

/// About how much memory a message takes where it waits to be read, in bytes.
pub(crate) fn size(message: &HostToPage) -> u64 {
    const OF_ANY: usize = 100;
    let frames = match message {
        HostToPage::Queried { rows, .. } | HostToPage::Subscribed { rows, .. } => rows.0.len(),
        HostToPage::Transacted { results, .. } => results
            .iter()
            .map(|StatementResult { rows, .. }| OF_ANY + rows.as_ref().map_or(0, |rows| rows.0.len()))
            .sum(),
        HostToPage::Delivery(Delivery { edits, events, .. }) => {
            let of_event = |event: &SubscriptionEvent| match event {
                SubscriptionEvent::Columns { rows, .. } => OF_ANY + rows.0.len(),
                SubscriptionEvent::Error { .. } => OF_ANY,
            };
            edits.0.len() + events.iter().map(of_event).sum::<usize>()
        }
        _ => 0,
    };
    (OF_ANY + frames) as u64
}

pub(crate) fn subscription_error(subscription: SubscriptionId, error: ErrorInfo, closed: bool) -> SubscriptionEvent {
    SubscriptionEvent::Error { subscription, error, closed }
}

/// What happened to one client's subscriptions at one commit, after the `events` that are known already.
pub(crate) fn delivery(
    commit: CommitId,
    cause: Option<RequestId>,
    happened: &[Happened],
    mut events: Vec<SubscriptionEvent>,
) -> Delivery {
    let mut writer = DeliveryWriter::new(commit);
    for Happened { subscription, event, .. } in happened {
        let subscription = *subscription;
        let other = match event {
            Event::Diff(diff) | Event::Recovered(diff) => {
                writer.push(subscription, diff.edits.iter().map(edit)).map(|()| None)
            }
            Event::Columns(snapshot) => Ok(Some(whole(subscription, snapshot))),
            Event::Error { error: why, closed, .. } => Ok(Some(subscription_error(subscription, error(why), *closed))),
            // Only paranoid mode diverges, which the host does not switch on.
            _ => Ok(None),
        };
        match other {
            Ok(other) => events.extend(other),
            Err(error) => events.push(subscription_error(subscription, frame_error(error), true)),
        }
    }
    Delivery { edits: writer.finish(), events, cause }
}

/// A result as an event.
pub(crate) fn whole(subscription: SubscriptionId, result: &Snapshot) -> SubscriptionEvent {
    let columns = result.columns.to_vec();
    rows(&result.rows).map_or_else(
        |error| subscription_error(subscription, error, true),
        |rows| SubscriptionEvent::Columns { subscription, columns, rows },
    )
}

/// Results have fewer than 2^32 rows: their frames count in 32 bits.
fn edit(edit: &Edit) -> tidewater_protocol::frame::Edit<'_> {
    use tidewater_protocol::frame::Edit as Framed;
    let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    match edit {
        Edit::Insert { index: at, row } => Framed::Insert { index: index(*at), row: row.as_bytes() },
        Edit::Remove { index: at } => Framed::Remove { index: index(*at) },
        Edit::Replace { index: at, row } => Framed::Replace { index: index(*at), row: row.as_bytes() },
        Edit::Move { from, to } => Framed::Move { from: index(*from), to: index(*to) },
    }
}

pub(crate) fn statement_result((changes, returned): (u64, Option<Rows>)) -> Result<StatementResult, ErrorInfo> {
    let Some(returned) = returned else { return Ok(StatementResult { changes, columns: Vec::new(), rows: None }) };
    Ok(StatementResult { changes, columns: returned.columns.to_vec(), rows: Some(rows(&returned.rows)?) })
}

pub(crate) fn plan(plan: tidewater::PlanKind) -> PlanKind {
    match plan {
        tidewater::PlanKind::Incremental => PlanKind::Incremental,
        tidewater::PlanKind::Requery => PlanKind::Requery,
    }
}

/// The counters that pages are told of.
pub(crate) fn stats(stats: &tidewater::Stats) -> Stats {
    let tidewater::Stats {
        commits,
        subscriptions,
        templates,
        bindings,
        dataflows,
        state_bytes,
        remembered_bytes,
        memory_budget,
        evicted,
        requeries,
        maintained,
        refused,
        given_up,
        rows_in,
        rows_out,
        ..
    } = *stats;
    Stats {
        commits,
        subscriptions,
        templates,
        bindings,
        dataflows,
        state_bytes,
        remembered_bytes,
        memory_budget,
        evicted,
        requeries,
        maintained,
        refused,
        given_up,
        rows_in,
        rows_out,
    }
}
