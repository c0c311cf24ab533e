//! Writes the TypeScript side of this crate and fails when the file in the repository is not what the crate says.

use std::fmt::Write;
use std::path::Path;

use ts_rs::{Config, TS};

use crate::*;

const UPDATE: &str = "TIDEWATER_UPDATE_TYPES";

#[test]
fn typescript_is_up_to_date() {
    up_to_date("src/generated/protocol.ts", generate());
}

/// Compares a file of the npm package with what it should be, or writes it.
pub(crate) fn up_to_date(file: &str, generated: String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindings/js").join(file);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, generated).unwrap();
        return;
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == generated,
        "bindings/js/{file} differs from the messages in runtime-web/protocol; write it again with\n\
         {UPDATE}=1 cargo test -p tidewater-protocol typescript"
    );
}

fn generate() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = String::from(
        "// Generated from the Rust crate tidewater-protocol by its tests; do not edit.\n\
         // Fields of type number that are u64 in Rust are exact up to 2^53.\n\n",
    );
    constants(&mut text);
    for declare in TYPES {
        text.push('\n');
        text.push_str(&declare(&config));
    }
    text
}

fn constants(text: &mut String) {
    writeln!(text, "export const PROTOCOL = {PROTOCOL};").unwrap();
    writeln!(text, "export const FRAME_VERSION = {};", frame::VERSION).unwrap();
    writeln!(text, "export const DATABASE_NAME = /{}/;\n", names::DATABASE_NAME_PATTERN).unwrap();

    text.push_str("/** Names of Web Locks, the BroadcastChannel and the SharedWorker. */\nexport const names = {\n");
    for (name, pattern) in names::ALL {
        let arguments: Vec<_> = ["database", "tab", "instance", "place"]
            .iter()
            .filter(|slot| pattern.contains(&format!("{{{slot}}}")))
            .map(|slot| format!("{slot}: string"))
            .collect();
        writeln!(text, "  {name}: ({}): string => `{}`,", arguments.join(", "), pattern.replace('{', "${")).unwrap();
    }
    text.push_str(
        "} as const;\n\n/** Codes of the errors that the runtime itself raises. */\nexport const codes = {\n",
    );
    for (name, code) in codes::ALL {
        writeln!(text, "  {name}: {code:?},").unwrap();
    }
    text.push_str("} as const;\n\n/** Second byte of a frame. */\nexport const frameKinds = {\n");
    for kind in [frame::Kind::Rows, frame::Kind::Delivery, frame::Kind::Positional, frame::Kind::Named] {
        writeln!(text, "  {}: {},", format!("{kind:?}").to_lowercase(), kind as u8).unwrap();
    }
    text.push_str("} as const;\n");
}

const TYPES: &[fn(&Config) -> String] = &[
    declare::<TabId>,
    declare::<ClientId>,
    declare::<DatabaseId>,
    declare::<InstanceId>,
    declare::<Term>,
    declare::<Epoch>,
    declare::<CommitId>,
    declare::<RequestId>,
    declare::<Seq>,
    declare::<SubscriptionId>,
    declare::<Frame>,
    declare::<StorageMode>,
    declare::<ErrorInfo>,
    declare::<PageToCoordinator>,
    declare::<CoordinatorToPage>,
    declare::<Status>,
    declare::<HostState>,
    declare::<WorkerToCoordinator>,
    declare::<Hosting>,
    declare::<HostFailure>,
    declare::<CoordinatorToWorker>,
    declare::<Configuration>,
    declare::<PageToHost>,
    declare::<Statement>,
    declare::<HostToPage>,
    declare::<Packet>,
    declare::<Delivery>,
    declare::<SubscriptionEvent>,
    declare::<StatementResult>,
    declare::<PlanKind>,
    declare::<Explain>,
    declare::<TableColumns>,
    declare::<Step>,
    declare::<LiveStep>,
    declare::<Route>,
    declare::<RoutePredicate>,
    declare::<Found>,
    declare::<LiveTemplate>,
    declare::<WantedIndex>,
    declare::<Stats>,
    declare::<Envelope>,
    declare::<Address>,
    declare::<BusMessage>,
];

fn declare<T: TS>(config: &Config) -> String {
    let text = T::decl(config);
    // One line a field, documentation above it, indented; ts-rs leaves that to a formatter.
    let text =
        text.replace("\n */\n", " */\n").replace("/**\n * ", "/** ").replace("{ \n", "{\n").replace(", \n", ",\n");
    let text = text.replace(", } | {", " }\n  | {").replace(" } | {", " }\n  | {").replace(", };", ",\n};");
    let indent =
        |line: &str| if line.starts_with("  ") || line == "};" { format!("{line}\n") } else { format!("  {line}\n") };
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let body: String = rest.lines().map(indent).collect();
    let docs = T::docs().unwrap_or_default().replace("\n */\n", " */\n").replace("/**\n * ", "/** ");
    plain_links(&format!("{docs}export {first}\n{body}"))
}

/// Turns links to items of this crate into their names.
fn plain_links(text: &str) -> String {
    let mut parts = text.split("](crate::");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = plain.rfind('[').unwrap();
        plain.remove(name);
        plain.push_str(part.split_once(')').unwrap().1);
    }
    plain
}
