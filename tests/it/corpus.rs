//! Bytes that the fuzzers found to lead to different places (`tests/fuzz`), run again at each push.

use std::path::Path;

use crate::fuzz_bodies;

type Body = fn(&[u8]);

#[test]
fn what_the_fuzzers_found_does_no_harm() {
    let bodies: [(&str, Body); 4] = [
        ("frame", fuzz_bodies::frame),
        ("codec", fuzz_bodies::codec),
        ("definition", fuzz_bodies::definition),
        ("journal", fuzz_bodies::journal),
    ];
    for (name, body) in bodies {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
        let mut files = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            body(&std::fs::read(entry.unwrap().path()).unwrap());
            files += 1;
        }
        assert!(files > 10, "{files} of {name}");
    }
}
