//! The daemon's program: see `workorderd::daemon`.

fn main() -> std::process::ExitCode {
    workorderd::daemon::main()
}
