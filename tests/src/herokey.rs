//! What a person does with Herokey in a terminal.

use crate::program::Ended;
use crate::world::World;

impl World {
    /// Herokey's browser login, from the command to the page, as a person who approves it.
    #[track_caller]
    pub fn herokey_login(&self, email: &str) -> Ended {
        let login = self.herokey_program("herokey").arg("login").start();
        self.approve(&self.browser().wait_for_address(), email);
        let ended = login.finish();
        ended.ok();
        ended
    }

    /// A program started from a terminal that is opened now: with what `~/.profile` exports.
    pub fn in_terminal(&self, name: &str) -> crate::Program {
        self.program("sh").args(["-c", "test ! -e .profile || . ./.profile; exec \"$0\" \"$@\"", name])
    }

    /// This world for core in this process, on the test's own thread and so in its network.
    pub fn env(&self) -> herokey_core::Env {
        let mut env = herokey_core::Env::new(self.environment());
        env.programs = crate::herokey_path("herokey").with_file_name("");
        env
    }

    /// `herokey status --json`.
    #[track_caller]
    pub fn status(&self) -> serde_json::Value {
        serde_json::from_str(self.herokey(["status", "--json"]).ok()).expect("the report is JSON")
    }

    /// The codes of the problems that `herokey status` finds without the network.
    #[track_caller]
    pub fn problem_codes(&self) -> Vec<String> {
        let report = self.herokey(["status", "--offline", "--json"]);
        let report: serde_json::Value = serde_json::from_str(report.ok()).expect("the report is JSON");
        let problems = report["problems"].as_array().expect("a list of problems");
        problems.iter().filter_map(|problem| problem["code"].as_str()).map(str::to_owned).collect()
    }
}
