//! The portal's program: `workorderd::portal`.

fn main() -> std::process::ExitCode {
    workorderd::portal::main()
}
