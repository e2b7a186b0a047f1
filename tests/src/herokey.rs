//! What a user does with Herokey in a terminal.

use crate::running::Finished;
use crate::world::World;

impl World {
    /// Logs in with `herokey login` and approves the login on Heroku's page.
    #[track_caller]
    pub fn herokey_login(&self, email: &str) -> Finished {
        let login = self.herokey_program("herokey").arg("login").start();
        self.approve(&self.browser().wait_for_address(), email);
        let finished = login.finish();
        finished.ok();
        finished
    }

    /// A program in a newly opened terminal, which has the variables that `~/.profile` exports.
    pub fn in_terminal(&self, name: &str) -> crate::Program {
        self.program("sh").args(["-c", "test ! -e .profile || . ./.profile; exec \"$0\" \"$@\"", name])
    }

    /// The environment for calling herokey-core in this process. The test's thread is in the world's network.
    pub fn env(&self) -> herokey_core::Env {
        let mut env = herokey_core::Env::new(self.environment());
        env.programs = crate::herokey_path("herokey").with_file_name("");
        env
    }

    /// The report of `herokey status --json`.
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
