//! Whole `tidewater replay` sessions, byte for byte, in `transcripts/`.
//!
//! Where a plan is named, a transcript says `PLAN`: how a result is kept up to date may improve without breaking anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use support::Replay;

#[test]
fn sessions_go_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let transcript = std::fs::read_to_string(&path).unwrap();
        assert_eq!(play(&transcript), transcript, "{}", path.display());
        played += 1;
    }
    assert!(played >= 2);
}

/// The transcript as it would be written today.
fn play(transcript: &str) -> String {
    let mut replay = Replay::start(&[]);
    let mut written = String::new();
    for line in transcript.lines() {
        if line.starts_with('#') {
            written.push_str(line);
            written.push('\n');
        } else if let Some(request) = line.strip_prefix("> ") {
            written.push_str(line);
            written.push('\n');
            for answer in replay.send(request.as_bytes()) {
                written.push_str(
                    &answer
                        .replace(r#""plan":"requery""#, r#""plan":"PLAN""#)
                        .replace(r#""plan":"incremental""#, r#""plan":"PLAN""#),
                );
                written.push('\n');
            }
        }
    }
    written
}
