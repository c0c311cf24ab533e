//! Long runs of the oracle, from a terminal.
fn main() {
    let settings = tidewater_oracle::harness::Settings::default();
    let mut t = tidewater_oracle::tally::Tally::default();
    let a: Vec<String> = std::env::args().collect();
    let from: u64 = a[1].parse().unwrap();
    let n: u64 = a[2].parse().unwrap();
    for seed in from..from + n {
        let r = tidewater_oracle::run_case(seed, &settings, tidewater_oracle::log::Log::hashed());
        t.include(&r.tally);
        if let Some(f) = r.finding {
            println!("seed {seed}: {f}");
            let small = tidewater_oracle::shrink::shrink(&tidewater_oracle::generate::case(seed), &settings, 3000);
            let r = tidewater_oracle::runner::run(&small, &settings, tidewater_oracle::log::Log::hashed());
            println!("{}\n{}\n", small.to_lines(), r.finding.unwrap());
        }
    }
    println!("{t}");
}
