//! What `herokey exec` costs beyond Heroku's answers: next to curl, which makes the same two requests with a token that is
//! handed to it.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints figures, and panics with the reason if it cannot continue"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use herokey_tests::{ME, World, herokey_path};
use heroku_sandbox::Grant;

use crate::linux::{RUNS, median, ms_per_call};

pub(crate) fn run(world: &World) {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).expect("an account");
    let herokey = herokey_path("herokey").display().to_string();
    let (own, made) = (format!("{herokey} exec --own -- true"), format!("{herokey} exec -- true"));
    let address = format!("https://{}/oauth/authorizations", world.api_host());
    let accept = "Accept: application/vnd.heroku+json; version=3";
    let curl = format!("curl -sS -H '{accept}' -H 'Authorization: Bearer {token}'");
    // Other objects in the answer have an id, too.
    let id = r#"sed -E 's/"[a-z_]+":\{[^}]*\}//g; s/.*"id":"([^"]*)".*/\1/'"#;
    let script = format!(
        "id=$({curl} -H 'Content-Type: application/json' -d '{{}}' {address} | {id})\n\
         {curl} -f -X DELETE {address}/$id\n"
    );
    world.write_file("requests.sh", &script);
    let first = format!("{curl} -o created -H 'Content-Type: application/json' -d '{{}}' {address}");
    world.write_file("first.sh", &first);
    let commands = [own.as_str(), made.as_str(), "sh requests.sh", "true", "sh first.sh"];
    let mut figures = commands.map(|_| Vec::new());
    let mut until_child = Vec::new();
    for _ in 0..RUNS {
        for (command, times) in commands.iter().zip(&mut figures) {
            times.push(ms_per_call(world, command, 10).0);
        }
        until_child.push(ms_until_child(world));
    }
    let [own, made, curl, alone, first] = figures.map(|mut times| median(&mut times));
    let until_child = median(&mut until_child);
    println!("herokey exec -- true: {made:.1} ms; with --own {own:.1} ms; `true` alone {alone:.1} ms");
    println!(
        "until the command runs {until_child:.1} ms, curl's first request {first:.1} ms, beyond it {:.1} ms",
        until_child - first
    );
    println!(
        "curl's two requests {curl:.1} ms; herokey exec beyond them {:.1} ms, ratio {:.2}\n",
        made - curl,
        made / curl
    );
}

/// How long it takes until the command runs.
fn ms_until_child(world: &World) -> f64 {
    let now =
        || SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64() * 1e3;
    let start = now();
    let exec = world.program("herokey").args(["exec", "--", "date", "+%s.%N"]).run();
    let child: f64 = exec.ok().trim().parse().expect("a time");
    child * 1e3 - start
}
