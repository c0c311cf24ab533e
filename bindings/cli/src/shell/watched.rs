//! The live results of a shell: begun by `.watch`, and what their changes are told by.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidewater::{Engine, Error, Event, Watch};

use super::live::Live;
use super::surface::Surface;
use crate::text::one_line;

/// All live results.
pub struct Watches {
    watches: BTreeMap<u32, Watched>,
    last_number: u32,
    news: Arc<News>,
    surface: Surface,
}

struct Watched {
    watch: Watch,
    sql: String,
}

/// Texts of watched results that are not shown yet; shared with the prompt.
#[derive(Default)]
pub struct News {
    unshown: Mutex<Unshown>,
}

#[derive(Default)]
struct Unshown {
    texts: Vec<String>,
    ended: Vec<u32>,
}

impl News {
    /// Takes all texts since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().texts)
    }

    fn lock(&self) -> MutexGuard<'_, Unshown> {
        self.unshown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watches {
    pub fn new(surface: Surface) -> Self {
        Self { watches: BTreeMap::new(), last_number: 0, news: Arc::default(), surface }
    }

    /// The texts of watched results.
    pub fn news(&self) -> Arc<News> {
        Arc::clone(&self.news)
    }

    /// Begins one. Returns its first result as text.
    pub fn watch(&mut self, engine: &Engine, sql: &str) -> Result<String, Error> {
        let number = self.last_number + 1;
        // No event can arrive before the first result is known.
        let live: Arc<Mutex<Option<Live>>> = Arc::default();
        let (receiver, news) = (Arc::clone(&live), Arc::clone(&self.news));
        let mut watch = engine.subscribe_with(sql, (), move |_, event| {
            let mut live = receiver.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(live) = &mut *live {
                let mut unshown = news.lock();
                unshown.texts.push(live.receive(event));
                if matches!(event, Event::Error { closed: true, .. }) {
                    unshown.ended.push(number);
                }
            }
        })?;
        let first = Live::new(number, &watch.take_snapshot(), self.surface);
        let text = format!("watch {number}, {}\n{}", watch.plan().as_str(), first.page());
        *live.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
        self.last_number = number;
        self.watches.insert(number, Watched { watch, sql: sql.to_owned() });
        Ok(text)
    }

    /// Ends one, or all. The error says that there is none.
    pub fn unwatch(&mut self, number: Option<u32>) -> Result<String, String> {
        self.forget_ended();
        match number {
            None => {
                let count = std::mem::take(&mut self.watches).len();
                Ok(format!("{} stopped", if count == 1 { "1 watch".to_owned() } else { format!("{count} watches") }))
            }
            Some(number) => match self.watches.remove(&number) {
                Some(_) => Ok(format!("watch {number} stopped")),
                None => Err(format!("there is no watch {number}; .watches lists them")),
            },
        }
    }

    /// Each with its plan and its query.
    pub fn list(&mut self) -> String {
        self.forget_ended();
        if self.watches.is_empty() {
            return "no watches".to_owned();
        }
        let line = |(number, watched): (&u32, &Watched)| {
            format!("{number}  {}  {}", watched.watch.plan().as_str(), one_line(&watched.sql))
        };
        self.watches.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn forget_ended(&mut self) {
        for number in std::mem::take(&mut self.news.lock().ended) {
            self.watches.remove(&number);
        }
    }
}
