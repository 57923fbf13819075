//! The daemon's program: see `workorderd::daemon`.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    workorderd::daemon::main()
}
