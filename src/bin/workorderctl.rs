//! The client's program: `workorderd::cli`, and `bench`, which stands on a higher floor because it runs a daemon of its own.

fn main() -> std::process::ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == "bench") {
        return workorderd::bench::main();
    }
    workorderd::cli::main()
}
