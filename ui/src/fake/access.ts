// The pages about access and copies of tokens, in their states.
import type { Access, AccessRow, Overview, Scan } from "../bindings";
import { notice, show, signedIn } from "./parts";

const empty: Access = {
  team: null,
  teams: ["shop", "platform-engineering"],
  loading: false,
  loaded: false,
  failure: null,
  rows: [],
  keys: [],
  addable: [],
};

function authorization(id: string, title: string, detail: string, more: Partial<AccessRow> = {}): AccessRow {
  const buttons: AccessRow["buttons"] = [
    { label: "New token…", request: { command: "new_token", id } },
    { label: "Revoke", request: { command: "revoke", id } },
  ];
  return { title, detail, mark: null, buttons, ...more };
}

const access: Access = {
  ...empty,
  loaded: true,
  rows: [
    authorization(
      "1",
      "Herokey login from atlas",
      "Created 2026-10-30 · expires in 23 days · rights: everything",
      {
        mark: "this machine's",
        buttons: [{ label: "Revoke", request: { command: "revoke", id: "1" } }],
      },
    ),
    authorization(
      "2",
      "Shop CI",
      "Created 2024-01-12 · does not expire · rights: read the account, change apps",
    ),
  ],
  keys: [
    {
      title: "dana@atlas",
      detail: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
      mark: null,
      buttons: [{ label: "Remove", request: { command: "remove_key", fingerprint: "00:11" } }],
    },
  ],
  addable: [
    {
      label: "Add ~/.ssh/id_ed25519.pub",
      request: { command: "add_key", file: "id_ed25519.pub" },
    },
  ],
};

/** Everything as long as Heroku and file systems allow. */
const long: Access = {
  ...access,
  teams: ["a-team-with-a-very-long-name-of-the-division-for-continuous-deployment-and-operations"],
  rows: [
    authorization(
      "1",
      "Deploys the staging and the production apps of the shop from the continuous integration server in Frankfurt, every night at two (ask Maximiliane before you revoke it) build-agent-0123456789abcdef0123456789abcdef0123456789abcdef",
      "Created 2024-01-12 · does not expire · session · rights: read the account, read apps without their configuration, change apps without their configuration",
      { mark: "the dashboard's API key" },
    ),
  ],
  keys: [
    {
      title: "dana@a-machine-with-a-long-name.engineering.frankfurt.example.com",
      detail:
        "SHA256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
      mark: null,
      buttons: [{ label: "Remove", request: { command: "remove_key", fingerprint: "SHA256:00" } }],
    },
  ],
  addable: [
    {
      label: "Add ~/.ssh/id_ed25519_of_the_deployment_account_for_the_shop_in_frankfurt_2026.pub",
      request: { command: "add_key", file: "id_ed25519.pub" },
    },
  ],
};

const ofTeam: Access = {
  ...empty,
  loaded: true,
  team: "shop",
  rows: [
    {
      ...authorization(
        "3",
        "Nightly deployment",
        "Created 2026-10-02 · expires in 60 days · rights: change apps",
      ),
      buttons: [
        { label: "New token…", request: { command: "new_token", id: "3", team: "shop" } },
        { label: "Revoke", request: { command: "revoke", id: "3", team: "shop" } },
      ],
    },
  ],
};

const page = (access: Access, more: Partial<Overview> = {}) =>
  show(signedIn, { page: { kind: "access", ...access }, ...more });

const scan = (more: Partial<Scan>) =>
  show(signedIn, { page: { kind: "scan", searching: false, end: null, rows: [], more: "", ...more } });

const copies: Scan["rows"] = [
  { spot: "~/.bash_history:412", what: "…a1b2 (the token of dana@example.com in the keychain)" },
  { spot: "~/.config/Code/User/settings.json:88", what: "…77fe (a Heroku token)" },
];

export const accessStates = {
  scan: scan({
    rows: copies,
    more: "and 12 more",
    end: notice("Found 14 copies of Heroku tokens", {
      body: "Searched 2310 files in the usual places. Whoever can read these files can use the tokens that Heroku still accepts. Revoke the authorizations of those that are not in use under Access.",
      buttons: [
        { label: "Regenerate", request: { command: "propose_regenerate" } },
        { label: "Access", request: { command: "show_access" } },
      ],
      tone: "attention",
    }),
  }),
  "scan-searching": scan({ searching: true, rows: copies.slice(1) }),
  "scan-nothing": scan({
    end: notice("No copies of Heroku tokens found", { body: "Searched 2310 files in the usual places." }),
  }),
  access: page(access),
  "access-long": page(long),
  "access-loading": page({ ...empty, loading: true }),
  "access-failed": page({
    ...empty,
    failure: notice("Heroku could not be reached", {
      code: "heroku-unreachable",
      body: "Check the network, then try again.",
      detail: "Connection refused (os error 111)",
      buttons: [
        {
          label: "Try again",
          request: { command: "show_access" },
          effect: "Asks Heroku again who can act as you.",
        },
      ],
      tone: "bad",
    }),
  }),
  "access-team": page(ofTeam),
  "access-team-refused": page({
    ...empty,
    team: "platform-engineering",
    failure: notice("You may not manage the tokens of the team “platform-engineering”", {
      code: "forbidden",
      body: "That takes the right to manage tokens (manage_tokens). Ask an admin of the team.",
      tone: "bad",
    }),
  }),
  "access-made": page(access, {
    notice: notice("Made “Shop CI” (2). Its token is copied", {
      body: "Herokey clears the clipboard in 30 seconds.",
      clearsAt: new Date(Date.now() + 24_000).toISOString(),
    }),
  }),
  "access-question": page(access, {
    busy: { title: "Making a new token…", ours: true, steps: [] },
    question: {
      kind: "confirm",
      title: "Make a new token for “Shop CI”?",
      body: "The old token stops working at once, wherever it is used. The new one is copied to the clipboard; Heroku does not show it again.",
      yes: "Make it",
    },
  }),
} satisfies Record<string, Overview>;
