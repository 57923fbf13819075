//! x
use clap::Parser;
#[derive(Parser)]
enum C { Bench(workorderd::bench::Arguments) }
fn main() -> std::process::ExitCode {
    let C::Bench(a) = C::parse();
    workorderd::bench::main(&a)
}
