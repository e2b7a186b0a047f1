//! What people run with `herokey exec`: each uses the token of its environment.

use herokey_tests::{ME, World};
use heroku_sandbox::Grant;

use super::{assert_nothing_left, exec, logged_in, made_by_exec};

#[test]
fn the_cli_and_git_use_it() {
    let (world, token) = logged_in();
    world.herokey(["git", "install"]).ok();
    let whoami = exec(&world, &["--", "heroku", "whoami"]).run();
    assert_eq!(whoami.ok().lines().last(), Some(ME));
    let used = exec(&world, &["--", "heroku", "auth:token"]).run();
    assert_ne!(used.ok(), token);
    let fill = exec(&world, &["git", "credential", "fill"]).input(world.git_credential_input()).run();
    let password = fill.ok().lines().find_map(|line| line.strip_prefix("password=")).unwrap().to_owned();
    assert_ne!(password, token);
    assert!(!world.sandbox().is_live(&password));
    assert_nothing_left(&world, &token, &fill);
}

/// Heroku's MCP server, as an editor starts it: it asks for the teams with the token of its environment.
#[test]
fn the_mcp_server_uses_it() {
    let world = World::builder().keyring().without_program("npx").build();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    world.sandbox().add_team("acme", &[ME]);
    // The Heroku CLI brings it.
    let program = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/heroku-cli/node_modules/@heroku/mcp-server/bin/heroku-mcp-server.mjs"
    );
    // This version names two modules without `.js`, which Node.js does not find.
    world.write_file(
        "names.mjs",
        "export const resolve = (name, context, next) =>\n  \
         next(/sdk.server.(mcp|stdio)$/.test(name) ? `${name}.js` : name, context);\n",
    );
    world.write_file(
        "hook.mjs",
        "import { register } from 'node:module';\nregister('./names.mjs', import.meta.url);\n",
    );
    let mut server = exec(&world, &["--", "node", "--import", "./hook.mjs", program]).on_terminal().start();
    server.wait_for("running on stdio");
    server.type_in(concat!(
        r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"#,
        r#""clientInfo":{"name":"test","version":"1"}}}"#,
        "\n",
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        "\n",
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_teams","arguments":{"json":true}}}"#,
        "\n"
    ));
    server.wait_for("acme");
    assert_eq!(made_by_exec(&world).len(), 1, "{}", server.output());
    server.type_in("\x03");
    let ended = server.finish();
    assert_nothing_left(&world, &token, &ended);
}

/// A stand-in for Terraform, which asks as its Heroku provider does (heroku/config.go): with the email and the key of its
/// environment as user name and password.
#[test]
fn terraforms_provider_uses_it() {
    let (world, token) = logged_in();
    let account = format!("https://{}/account", world.api_host());
    let ask = format!("curl -sS --user \"$HEROKU_EMAIL:$HEROKU_API_KEY\" {account}");
    let applied = exec(&world, &["--", "sh", "-c", &ask]).env("HEROKU_EMAIL", ME).run();
    assert!(applied.ok().contains(ME), "{applied}");
    assert_nothing_left(&world, &token, &applied);
}
