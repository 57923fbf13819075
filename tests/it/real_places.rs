//! A company in which Work Orders stand at every place, and parameters with which each method is accepted: the stage of the tables.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::real_stage::{BEGIN, Caller, DAY, Daemon, Home, definitions, seed};
use crate::real_tables_calendar as calendar;
use crate::real_tables_follow_up as follow_up;
use crate::real_tables_keeping as keeping;
use crate::real_tables_on_site as on_site;
use crate::real_tables_portal as portal;

pub struct Stage {
    pub daemon: Daemon,
    pub home: Home,
}

impl Stage {
    pub fn new() -> Stage {
        let home = Home::new();
        let daemon = home.start();
        Stage::of(home, daemon)
    }

    /// In a home, on a daemon whose clock is set by hand.
    pub fn of(home: Home, daemon: Daemon) -> Stage {
        let mut admin = daemon.admin();
        seed(&mut admin);
        for (id, role) in [("sina", "service-staff"), ("rita", "request-handler"), ("gate", "gateway"), ("gast", "guest")] {
            let user = json!({ "id": id, "name": id, "roles": [role] });
            admin.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
        }
        for (id, rule) in [("pool", "pool"), ("tight", "by-leader")] {
            let group = json!({ "id": id, "name": id, "leader": "mei", "members": ["emil"], "rule": rule });
            admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
        }
        admin.ok("Directory1.PutProduct", json!({ "product": { "id": "lift-500", "name": "客梯 500 型" } }));
        let terminal = json!({ "id": "L-1", "name": "一号楼客梯", "product": "lift-500", "account": "acme" });
        admin.ok("Directory1.PutServiceProvider", json!({ "serviceProvider": { "id": "nordlift", "name": "Nordlift" } }));
        admin.ok(
            "Directory1.PutStaffUser",
            json!({ "staffUser": { "id": "nora", "name": "Nora", "roles": ["engineer"], "provider": "nordlift" } }),
        );
        admin.ok("Directory1.PutUserGroup", json!({ "userGroup": { "id": "night", "name": "夜班", "members": ["emil"] } }));
        admin.ok("Directory1.PutTerminal", json!({ "terminal": terminal }));
        // A second version of the processes; node names stay, and a repair's evaluation cannot be skipped.
        let mut files = definitions();
        for file in &mut files {
            let text = file["text"].as_str().unwrap().replace("method = \"rules\"", "method = \"rules\"\nskip = false");
            file["text"] = text.into();
        }
        admin.ok("Definitions1.Apply", json!({ "files": files }));
        let spare = "[[record_type]]\nname = \"spare\"\nstate = \"draft\"\nnumber = \"SP-{counter}\"\nprocess = \"repair\"\n";
        admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "spare.toml", "text": spare }] }));
        Stage { home, daemon }
    }

    /// The same after a stop in order and a start.
    pub fn restarted(self) -> Stage {
        let Stage { daemon, home } = self;
        daemon.stop();
        let daemon = home.start();
        Stage { daemon, home }
    }

    /// The same after a `kill -9` and a start.
    pub fn killed(self) -> Stage {
        let Stage { daemon, home } = self;
        daemon.kill();
        let daemon = home.start();
        Stage { daemon, home }
    }

    /// The data folder.
    pub fn data(&self) -> std::path::PathBuf {
        self.home.data()
    }

    pub fn caller(&self, who: &str) -> Caller {
        if who.is_empty() { self.daemon.admin() } else { self.daemon.user(who) }
    }

    /// A Work Order of dora's at a node, with emil as its engineer.
    pub fn at(&self, place: &str) -> String {
        let (mut dora, mut emil) = (self.caller("dora"), self.caller("emil"));
        let kind = match place {
            "skip" | "site" | "installed" => "installation",
            "ticket" => "service-ticket",
            _ => "repair",
        };
        let number = dora.create(json!({ "recordType": kind }));
        let steps: &[&str] = match place {
            "assign" => &[],
            "pool" => &["pool"],
            "tight" => &["tight"],
            "full" => &["tight", "mei"],
            "accept" | "ticket" => &["AssignToEngineer"],
            "task" | "site" => &["AssignToEngineer", "AcceptAssignment"],
            "held" => &["AssignToEngineer", "AcceptAssignment", "Hold"],
            "installed" => &["AssignToEngineer", "AcceptAssignment", "Install"],
            "skip" => &["AssignToEngineer", "AcceptAssignment", "CompleteSteps", "CompleteTask"],
            "confirm" => &["AssignToEngineer", "AcceptAssignment", "CompleteTask"],
            "evaluate" => &["AssignToEngineer", "AcceptAssignment", "CompleteTask", "ConfirmSolved"],
            "cancelled" => &["Cancel"],
            other => panic!("{other}"),
        };
        for step in steps {
            match *step {
                "AssignToEngineer" => drop(dora.act(&number, step, json!({ "engineer": "emil" }))),
                "pool" | "tight" => drop(dora.act(&number, "AssignToGroup", json!({ "group": step }))),
                "mei" => drop(self.caller("mei").act(&number, "AssignToEngineer", json!({ "engineer": "emil" }))),
                "Install" => on_site::install(&mut emil, &number),
                "CompleteSteps" => on_site::complete_steps(&mut emil, &number),
                "Hold" => drop(dora.act(&number, step, json!({ "reason": "parts" }))),
                "ConfirmSolved" | "Cancel" => drop(dora.act(&number, step, json!({}))),
                _ => drop(emil.act(&number, step, json!({}))),
            }
        }
        number
    }

    /// The QR link of a Work Order at "evaluate".
    pub fn link(&self, number: &str) -> Value {
        let order = self.daemon.admin().get(number);
        order["invitations"].as_array().unwrap().iter().find_map(|i| i.get("link").cloned()).unwrap()
    }

    /// Parameters with which the method is accepted from whoever may call it.
    pub fn good(&self, method: &str) -> Value {
        let number = |place: &str| json!(self.at(place));
        let others = keeping::good(self, method)
            .or_else(|| calendar::good(self, method))
            .or_else(|| follow_up::good(self, method))
            .or_else(|| portal::good(self, method));
        if let Some(good) = others {
            return good;
        }
        match method.rsplit('.').next().unwrap() {
            "Show" if method.starts_with("Definitions1") => json!({ "kind": "record type", "name": "repair" }),
            "History" if method.starts_with("Definitions1") => json!({}),
            "Publish" | "Retire" | "Delete" => json!({ "recordType": "spare" }),
            "MoveRule" => json!({ "kind": "evaluation rule", "name": "urgent-repairs", "precedence": 7 }),
            "TryRules" => json!({}),
            "PreviewMessage" => json!({ "number": number("accept"), "message": "please-rate" }),
            "JudgePut" => json!({ "account": { "id": "globex", "name": "Globex" } }),
            "Create" | "JudgeCreate" => json!({ "recordType": "repair", "subject": "x", "contact": "wang" }),
            "Get" | "Explain" | "ExplainEvaluation" | "History" | "AcceptAssignment" => json!({ "number": number("accept") }),
            "BringAttachment" => json!({ "upload": "u", "offset": 0, "content": "YQ==", "last": false }),
            "ReadAttachment" => {
                let brought = json!({ "upload": "u", "offset": 0, "content": "YQ==", "last": true });
                let hash = self.caller("emil").ok("WorkOrders1.BringAttachment", brought)["hash"].clone();
                let (number, photo) = (number("task"), json!({ "hash": hash, "mediaType": "image/png", "name": "a" }));
                self.caller("emil").act(number.as_str().unwrap(), "SaveFields", json!({ "fields": { "photos": photo } }));
                json!({ "number": number, "hash": hash })
            }
            "AssignToGroup" => json!({ "number": number("assign"), "group": "hydraulics" }),
            "Claim" => json!({ "number": number("pool") }),
            "AssignToEngineer" => json!({ "number": number("assign"), "engineer": "mei" }),
            "DeclineAssignment" => json!({ "number": number("accept"), "reason": "no time" }),
            "Transfer" => json!({ "number": number("ticket"), "engineer": "mei" }),
            "TakeTask" | "CompleteTask" => json!({ "number": number("task") }),
            "SaveFields" => json!({ "number": number("task"), "fields": { "cause": "wear" } }),
            "DescribeForm" => json!({ "recordType": "repair" }),
            "ConfirmSolved" => json!({ "number": number("confirm") }),
            "ConfirmNotSolved" => json!({ "number": number("confirm"), "reason": "still broken" }),
            "SkipEvaluation" => json!({ "number": number("skip") }),
            "CompleteStep" | "SkipStep" | "StartLabor" | "StopLabor" | "EnterLabor" => on_site::good(self, method),
            "Hold" => json!({ "number": number("task"), "reason": "vendor" }),
            "Resume" => json!({ "number": number("held") }),
            "Cancel" => json!({ "number": number("assign") }),
            "Reject" => json!({ "number": number("assign"), "reason": "not ours" }),
            "MoveToVersion" => json!({ "number": number("accept"), "version": 1 }),
            "AddServiceRecord" => json!({ "number": number("task"), "text": "a note" }),
            "PutStaffUser" => json!({ "staffUser": { "id": "zoe", "name": number("assign"), "roles": ["engineer"] } }),
            "PutServiceGroup" => json!({ "serviceGroup": { "id": "lifts", "name": number("assign"), "members": [] } }),
            "PutDepartment" => json!({ "department": { "id": "field", "name": number("assign") } }),
            "PutUserGroup" => json!({ "userGroup": { "id": "branch", "name": number("assign"), "members": ["emil"] } }),
            "PutServiceProvider" => json!({ "serviceProvider": { "id": "liftco", "name": number("assign") } }),
            "GetUserGroup" => json!({ "id": "night" }),
            "GetServiceProvider" => json!({ "id": "nordlift" }),
            "GetStaffUser" => json!({ "id": "emil" }),
            "SetAbsence" => {
                let from = BEGIN + self.daemon.admin().status()["sequence"].as_i64().unwrap();
                json!({ "id": "mei", "from": from, "until": from + DAY })
            }
            "ClearAbsence" => {
                let absence = json!({ "id": "mei", "from": BEGIN, "until": BEGIN + 1 });
                let _ = self.daemon.admin().call("Directory1.SetAbsence", absence);
                json!({ "id": "mei" })
            }
            "PutAccount" => json!({ "account": { "id": "globex", "name": number("assign") } }),
            "PutContact" => json!({ "contact": { "id": "li", "name": number("assign") } }),
            "PutProduct" => json!({ "product": { "id": "pump", "name": number("assign") } }),
            "PutTerminal" => {
                json!({ "terminal": { "id": "L-2", "name": number("assign"), "product": "lift-500", "account": "acme", "contact": "wang" } })
            }
            "GetTerminal" => json!({ "id": "L-1" }),
            "LookUp" => json!({ "query": "王伟" }),
            "GetAccount" => json!({ "id": "acme" }),
            "GetContact" => json!({ "id": "wang" }),
            "GetServiceGroup" => json!({ "id": "hydraulics" }),
            "Apply" => json!({ "files": definitions(), "dryRun": true }),
            "ActAs" => json!({ "user": "mei" }),
            "SetClock" => json!({ "aheadMs": 1 }),
            "TrustClock" | "GetSmsQuota" => json!({}),
            "ChangeSmsQuota" => json!({ "by": 1 }),
            // A place of a segment's beginning: nothing is in it yet.
            "ListBackUpFiles" => json!({ "end": (1_i64 << 32) + 64 }),
            "ReadBackUpFile" => json!({ "end": (1_i64 << 32) + 64, "name": "installation", "offset": 0 }),
            "Show" => json!({ "token": self.link(&self.at("evaluate")) }),
            "BringPhoto" => {
                let content = BASE64.encode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR");
                json!({ "token": self.link(&self.at("evaluate")), "upload": "u", "offset": 0, "content": content, "last": true })
            }
            "Evaluate" => json!({ "token": self.link(&self.at("evaluate")), "answers": [{ "field": "overall", "value": "4" }] }),
            // Confirmation links go by mail alone: the right is judged before the purpose of the link.
            "Confirm" => json!({ "token": self.link(&self.at("evaluate")), "solved": true }),
            "GetInterfaceDescription" => json!({ "interface": "org.workorderd" }),
            _ => json!({}),
        }
    }
}
