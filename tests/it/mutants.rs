//! Defects of one line, put in on purpose: each must make the test named beside it fail, in those words. The tests are those of every
//! push, unchanged. `cargo test --features mutants every_mutant_dies` runs them; `WO_MUTANT=name` switches one on by hand.

use std::collections::BTreeSet;
use std::path::Path;

const WORLD: &str = "simulation::thousands_of_simulated_days_keep_every_promise";

/// A mutant, the test that finds it, and what the test says (one of these).
const MUTANTS: &[(&str, &str, &str)] = &[
    // Journal: what was answered for is on disk, and unaltered (promises 1, 5 and 7).
    (
        "no-fdatasync",
        "journal_crash::acknowledged_records_survive_every_crash_and_dropped_ones_never_come_back",
        "an acknowledged record is gone",
    ),
    ("no-fdatasync", "real_power_cut::whatever_was_acknowledged_is_there_after_the_power_was_cut", "before the power was cut"),
    ("answer-before-the-append", "real_strace::the_kernel_saw_an_fdatasync_before_every_receipt", "a receipt without | UnknownReference"),
    (
        "fsync-tried-again",
        "journal_crash::a_failed_write_or_fsync_poisons_the_journal_and_is_never_tried_again",
        "called `Result::unwrap_err()` on an `Ok` value",
    ),
    ("segment-not-synced", "journal_crash::power_may_fail_at_each_single_step_of_a_life", "the segment header is not valid"),
    ("folder-not-synced", "journal_crash::power_may_fail_at_each_single_step_of_a_life", "an acknowledged record is gone"),
    (
        "archive-copy-not-synced",
        "journal_archive::power_fails_at_every_step_of_a_move_and_every_segment_is_somewhere",
        "is not the journal's",
    ),
    (
        "archive-mark-not-synced",
        "journal_archive::power_fails_at_every_step_of_a_move_and_every_segment_is_somewhere",
        "neither in the journal nor in journal-archive",
    ),
    (
        "attachment-kept-though-not-synced",
        "attachments_faults::whichever_sync_of_an_upload_fails_nothing_of_it_is_answered_for_or_kept",
        "a second sync must not vouch for it",
    ),
    ("streams-without-end", "varlink_connection::nothing_is_begun_behind_a_stream", "the first stream did not come about"),
    (
        "replies-without-end",
        "real_hostile::those_who_dawdle_and_those_who_never_read_cost_the_others_nothing",
        "KiB more | never-readers: p99",
    ),
    (
        "works-for-nobody",
        "varlink_connection::what_is_left_of_a_client_that_has_gone_is_begun_only_where_no_reply_is_wanted",
        "nobody asks",
    ),
    ("no-head-mark", "journal_damage::the_last_acknowledged_group_zeroed_or_rolled_back_is_found_by_the_head_mark", "opened with"),
    ("mark-unchecked", "journal_damage::a_flipped_bit_anywhere_in_what_was_acknowledged_is_found_and_named", "torn: Some"),
    ("chain-unchecked", "journal_damage::an_altered_record_with_a_fresh_checksum_breaks_the_chain", "opened with"),
    ("damage-cut-as-a-tear", "journal_damage::a_bad_record_with_later_groups_behind_it_is_damage_without_any_head_mark", "torn: Some"),
    ("last-group-not-made-certain", "journal_crash::a_record_left_by_a_failed_fsync_is_made_durable_before_it_is_shown", "flaw: Empty"),
    ("tear-not-wiped", "journal_damage::a_torn_group_is_cut_reported_and_wiped", "all(|b| *b == 0)"),
    ("erasure-without-intent", "journal_crash::erasing_is_finished_after_a_crash_at_any_step", "the checksum of the record does not match"),
    ("any-head-is-right", "real_start::a_published_head_is_found_in_the_history_and_another_is_not", "real_start"),
    // Customers who come in by themselves.
    ("session-never-ends", "real_portal::a_link_and_a_session_end_by_time_by_the_staff_and_by_being_many", "ended(&mut gate, &first)"),
    ("sign-in-link-never-ends", WORLD, "signed in by a link that had ended"),
    ("sign-in-link-used-twice", WORLD, "signed in twice by link"),
    ("session-outlives-the-contact", WORLD, "is disabled, and has links or sessions | erasing.rs"),
    ("sign-in-mails-without-end", WORLD, "is mailed twice within a minute | is bounded | are under way"),
    ("disabled-contacts-act", WORLD, " sees  | is mailed a link, and is | and is disabled"),
    ("customers-have-any-right", "permissions::the_permission_matrix_is_as_it_was_read_and_agreed", "says otherwise"),
    ("customers-see-each-other", WORLD, " sees "),
    (
        "customers-read-staff-names",
        "real_portal_orders::what_a_form_says_of_the_staff_or_is_hidden_by_the_role_is_told_to_no_customer",
        "Account manager",
    ),
    ("customers-say-how-it-came", WORLD, "how it came is recorded | the portal is not theirs"),
    (
        "terminals-of-others-are-shown",
        "real_portal_orders::a_serial_number_shows_ones_own_device_with_its_work_and_of_any_other_product_and_warranty",
        "南京路",
    ),
    ("throttles-open", "real_portal::more_requests_than_all_together_may_make_are_told_so_whoever_is_asked_for", "was accepted"),
    ("guests-always-in", "real_portal_orders::guests_are_let_in_where_the_settings_say_so_and_leave_who_they_are", "was accepted"),
    // Engine: steps in order, once, and seen when they are durable (promises 1, 2 and 3).
    ("guard-after-the-append", WORLD, "was given twice"),
    ("load-past-pending", WORLD, "was loaded as the journal has it"),
    ("store-claims-too-much", WORLD, "the board shows | timers are those of the states | revisions follow each other | Changed of Filter"),
    ("refusal-does-not-wait", WORLD, "before what it was judged on was durable"),
    ("repeat-forgotten", WORLD, "clients.rs | was accepted twice"),
    ("repeat-with-other-parameters", WORLD, "a request id was used for two things"),
    ("repeat-in-flight-unseen", WORLD, "clients.rs"),
    ("expected-revision-unread", WORLD, "is not the revision that was expected"),
    ("timer-taken-early", WORLD, "timers were lent out early"),
    ("stale-timer-forgotten", "simulation_cases::a_timer_whose_clock_was_set_back_while_it_fired_stays_set", "left: None"),
    ("lent-out-twice", "simulation_cases::a_timer_that_goes_and_comes_back_while_it_is_fired_is_fired_once", "it is fired already"),
    ("timer-outlives-its-state", WORLD, "timers are those of the states"),
    ("overdue-not-set", WORLD, "timers are those of the states"),
    ("timer-not-checked-again", WORLD, "a visit is reminded of once at each time | a visit is overdue once | by a clock that is doubted"),
    ("reminded-of-what-is-over", WORLD, "that its own auto-completion has overtaken is dropped"),
    ("jump-completes-the-gate", WORLD, "by a clock that is doubted"),
    ("poison-fired-for-ever", WORLD, "ends the daemon again and again"),
    ("letters-lost-behind-a-parcel", WORLD, "counts the work that Work Orders say it has | choices under way at rest | , due were ["),
    (
        "letters-not-sent-out-again",
        WORLD,
        "counts the work that Work Orders say it has | choices under way at rest | waits for a choice at rest | , due were [",
    ),
    ("load-counted-twice", WORLD, " took ["),
    (
        "told-of-what-is-over",
        "real_notices::nobody_is_mailed_about_a_node_that_was_left_meanwhile_nor_about_what_they_did_themselves",
        "did not come about",
    ),
    (
        "no-quiet-hours",
        "real_notices::in_quiet_hours_nothing_is_mailed_and_what_came_goes_out_at_their_end_as_one_mail",
        "left: | did not come about",
    ),
    (
        "notices-one-by-one",
        "real_notices::several_notices_at_once_are_one_mail_in_the_language_of_who_is_told",
        "three notices are one mail",
    ),
    (
        "remarks-are-printed",
        "real_print::every_service_record_is_printed_in_full_and_oldest_first_and_no_remark_is",
        "remarks are for the company alone",
    ),
    ("boxes-are-printed", "print_pdf::a_character_that_the_font_has_not_is_refused_by_name_and_nothing_is_written", "left: 0"),
    ("layouts-hide-nothing", "real_layouts::a_field_that_every_role_hides_is_in_no_answer", "4711 in"),
    (
        "read-only-is-written",
        "real_layouts::what_is_hidden_or_read_only_is_taken_from_nobody_and_changes_nothing",
        "answered | left | was accepted",
    ),
    ("number-not-claimed", WORLD, "was given twice"),
    ("limit-not-claimed", WORLD, "by the limit None"),
    ("rotation-pointer-lost", WORLD, "stands where it was left | it is the turn of"),
    (
        "follow-up-counts-as-evaluation",
        "scenarios::every_story_goes_as_it_is_told",
        "SubmitFollowUp was accepted | emil takes down 5 by visit",
    ),
    ("closed-without-an-attempt", WORLD, "was left as not reached though nobody tried"),
    ("plug-in-always-on", "scenarios::every_story_goes_as_it_is_told", "follow-up.txt"),
    ("turn-does-not-move", "groups::the_turn_goes_round_and_everybody_gets_equally_many", "left: ["),
    ("labor-overlaps", WORLD, "is at two places at once"),
    ("reserve-not-asked", WORLD, "was begun while the disk was nearly full"),
    ("reserve-asked-of-repeats", WORLD, "and now there is no room to say so"),
    ("timers-ask-no-reserve", "real_reserve::timers_that_fall_due_meanwhile_wait_and_fire_late", "nothing fires while room is scarce"),
    (
        "store-not-put-back",
        "upgrade::a_folder_of_a_newer_program_is_refused_by_both_versions_and_stays_as_it_is",
        "the folder is another one after the refusal",
    ),
    ("store-sums-unread", "real_start::a_store_that_lost_a_row_is_found_out_by_its_sums", "does not match its own sums"),
    // The gate and who may (promise 4).
    // Who sees what, and who may do what (reading 10).
    ("data-gate-open", "permissions::the_permission_matrix_is_as_it_was_read_and_agreed", "says otherwise"),
    ("role-gate-open", "permissions::the_permission_matrix_is_as_it_was_read_and_agreed", "says otherwise"),
    ("everybody-sees", WORLD, " sees "),
    ("closed-lose-their-fields", WORLD, "the list by Filter"),
    ("everybody-lists", WORLD, "is what is listed"),
    ("void-is-seen", WORLD, " sees "),
    ("void-is-listed", WORLD, "is what is listed"),
    ("voided-visit-stays-planned", WORLD, "on the calendar"),
    ("overlaps-untold", WORLD, "what overlaps a visit of"),
    ("every-calendar-is-open", WORLD, "may look at the calendar of"),
    (
        "busy-tells-all",
        "real_calendar::one_looks_at_ones_own_calendar_and_leaders_superiors_and_dispatchers_at_more_but_at_nothing_of_a_hidden_work_order",
        "real_calendar",
    ),
    ("void-goes-on", WORLD, "while it is void"),
    ("void-timers-run", WORLD, "while it is void"),
    ("lock-opens", WORLD, "of what is locked | is not to be called about"),
    ("gate-open", WORLD, "was skipped, which it does not offer"),
    ("gate-bypassed-by-a-move", WORLD, "moved to another node than"),
    ("gate-bypassed-by-cancelling", WORLD, "cancelled while the work was to be confirmed or rated"),
    ("gate-bypassed-by-rejecting", WORLD, "rejected while the work was to be confirmed or rated"),
    ("anybody-evaluates", WORLD, "an evaluation is the customer's, through its own link"),
    ("late-evaluation-leaves", WORLD, "was left as evaluated"),
    ("link-never-ends", WORLD, "an evaluation through a link that had ended"),
    ("link-used-twice", WORLD, "a link for one evaluation was used 2 times"),
    ("any-token-opens", "real_mail::invitations_arrive_in_chinese_with_links_that_work", "was accepted"),
    ("everybody-may", "real_tables::every_method_is_for_those_whom_the_table_names", "left: \"accepted\""),
    ("the-disabled-may", WORLD, "who is disabled since record | sees "),
    ("no-standing-still", WORLD, "no such timer runs"),
    ("right-not-asked-for", "real_tables::every_method_is_for_those_whom_the_table_names", "left: \"accepted\""),
    ("look-up-finds-disabled", "look_up::who_is_disabled_erased_or_renamed_is_found_no_more", "right: []"),
    ("look-up-always-allowed", "look_up::an_admin_says_which_look_ups_staff_may_use_and_may_use_both", "fuzzy, exact: true"),
    // Mail and personal values.
    ("mail-outcome-twice", WORLD, "attempts were recorded"),
    ("begun-is-sent-again", WORLD, "is handed over again, though it may have gone out"),
    ("quota-not-kept", WORLD, "segments are used of a quota"),
    (
        "quota-not-given-back",
        "real_fallback::a_provider_that_is_busy_is_tried_again_and_given_up_for_the_next_channel_and_one_that_refuses_costs_nothing",
        "is given back",
    ),
    (
        "no-fall-back",
        "real_fallback::a_short_message_that_is_not_delivered_is_followed_by_an_e_mail_with_the_same_link_and_one_that_is_ends_it",
        "not at \"sms failed, e-mail sent\"",
    ),
    ("sent-again", WORLD, "timers are those of the states | timers were parked though nothing is wrong with them"),
    (
        "pauses-do-not-grow",
        "real_mail::a_server_that_is_down_for_a_day_is_asked_less_and_less_and_every_mail_goes_out_once",
        "the pauses grow",
    ),
    (
        "message-id-by-try",
        "real_mail::a_server_that_dies_after_the_final_dot_gets_the_same_mail_again",
        "the same bytes, so the same Message-ID",
    ),
    ("name-in-the-body", "codec_bytes::what_is_encoded_decodes_to_the_same_and_no_personal_value_is_in_the_body", "Bincode("),
    // Calls.
    ("rung-up-hours-later", WORLD, "and was wanted until"),
    ("call-ends-twice", WORLD, "had ended as"),
    ("two-calls-at-once", WORLD, "calls twice at the same time"),
    // Erasing people, and attachments that nothing names.
    ("requests-outlive-the-erased", WORLD, "remembers its requests"),
    (
        "links-outlive-the-erased",
        "real_erasure::nothing_of_whoever_is_erased_is_in_any_byte_and_everything_counts_as_before",
        "was accepted",
    ),
    (
        "erased-id-is-given-again",
        "real_erasure::nobody_is_erased_by_half_or_by_mistake_and_their_id_is_given_to_nobody_else",
        "was accepted",
    ),
    (
        "written-address-outlives-the-erased",
        "real_erasure::nothing_of_whoever_is_erased_is_in_any_byte_and_everything_counts_as_before",
        "jinsique.two@canary.example",
    ),
    ("store-keeps-its-old-pages", "real_erasure::nothing_of_whoever_is_erased_is_in_any_byte_and_everything_counts_as_before", "/store/"),
    (
        "attachment-goes-while-it-is-named",
        "attachments_swept::what_a_call_is_about_to_name_does_not_go_and_what_goes_cannot_be_named_or_brought",
        "somebody is about to name it",
    ),
    (
        "attachment-without-a-mark",
        "attachments_swept::what_waits_for_its_name_is_known_after_a_restart_too_and_what_has_one_is_not_looked_at",
        "left: []",
    ),
    (
        "sweeper-does-not-read",
        "attachments_swept::what_no_step_names_goes_after_a_day_and_what_a_step_names_never",
        "place(&home, &named).exists()",
    ),
    // Imports.
    ("import-although-bad", "import::every_bad_file_and_every_bad_line_is_refused_by_its_own_words", "left something"),
    ("import-twice", "import::work_orders_come_with_the_fields_of_their_form_and_never_twice", "1 imported, 2 already there"),
    // Whoever speaks to the daemon (promise 6).
    ("frames-without-end", "varlink_hostile::a_frame_longer_than_allowed_is_refused_whether_whole_or_not", "varlink_hostile"),
    (
        "connections-without-end",
        "varlink_listener::connections_of_one_user_are_bounded_and_places_are_given_back",
        "neither a reply nor an end",
    ),
    ("parameters-unchecked", "varlink_hostile::unknown_interfaces_methods_and_parameters_are_named", "an error"),
    ("slow-reader-kept", "varlink_connection::a_slow_reader_is_cut_off_while_others_stay_fast", "the slow readers are still there"),
];

fn sources(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, out);
        } else {
            out.push_str(&std::fs::read_to_string(entry).unwrap());
        }
    }
}

#[test]
fn every_mutant_in_the_sources_is_listed_with_the_test_that_finds_it() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let named = text.split("mutant!(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let listed: BTreeSet<&str> = MUTANTS.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(named.collect::<BTreeSet<_>>(), listed);
}

/// Runs one test in a process of its own with the mutant on: whether it passed, and what it printed.
#[cfg(feature = "mutants")]
fn with(mutant: &str, test: &str) -> (bool, String) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("WO_MUTANT", mutant)
        .env("WO_SEEDS", "2000")
        .env("WO_THREADS", "1");
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("running 1 test"), "there is a test {test}: {printed}");
    (output.status.success(), printed)
}

#[cfg(feature = "mutants")]
#[test]
fn every_mutant_dies() {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let only = std::env::var("WO_ONLY").unwrap_or_default();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((mutant, test, words)) = MUTANTS.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !mutant.contains(&only) {
                continue;
            }
            let begun = std::time::Instant::now();
            let (passed, printed) = with(mutant, test);
            let skipped = printed.lines().find(|line| line.starts_with("skipped: "));
            let as_told = words.split(" | ").any(|words| printed.contains(words));
            match (passed, skipped) {
                // It cannot be tried here, as the test itself cannot.
                (true, Some(why)) => println!("{why}: {mutant} by {test}"),
                (true, None) => wrong.lock().unwrap().push(format!("{mutant} lives: {test} passes")),
                (false, _) if as_told => println!("{mutant:32} dies after {:5.1} s by {test}", begun.elapsed().as_secs_f64()),
                (false, _) => wrong.lock().unwrap().push(format!("{mutant} dies by {test}, but not saying {words:?}:\n{printed}")),
            }
        }
    };
    std::thread::scope(|scope| {
        (0..std::thread::available_parallelism().map_or(1, usize::from)).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} mutants:\n{}", wrong.len(), MUTANTS.len(), wrong.join("\n"));
}
