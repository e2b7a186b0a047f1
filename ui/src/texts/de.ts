import type { Texts } from "./en";

export const de: Texts = {
  starting: "Sieht sich auf diesem Rechner um …",

  signedOut: {
    title: "Nicht bei Heroku angemeldet",
    logIn: "Im Browser anmelden",
    others: "Oder mit einem Token weitermachen, das hier liegt",
  },

  waiting: {
    title: "Weiter geht es im Browser",
    preparing: "Der Browser wird geöffnet …",
    opened: "Heroku fragt dort, wer du bist. Dieses Fenster macht danach von selbst weiter.",
    notOpened:
      "Hier ließ sich kein Browser starten. Öffne diese Adresse in einem Browser, egal auf welchem Gerät.",
    noAddress: "Fragt Heroku nach einer Anmeldeseite.",
    copy: "Kopieren",
    copyLabel: "Adresse der Anmeldeseite kopieren",
    open: "Noch einmal öffnen",
    tryOpen: "Öffnen versuchen",
    cancel: "Abbrechen",
    timeLeft: (time) => `Noch ${time}`,
    until: (time) => `Wartet bis ${time}`,
  },

  signedIn: {
    places: "Wo dein Token liegt",
    tools: "Was jedes Werkzeug benutzt",
    problems: "Was Aufmerksamkeit braucht",
    testGit: "git prüfen",
    testGitHint: "Fragt git selbst, mit welchem Passwort es pushen würde; nichts wird geändert",
    copyToken: "Token kopieren",
    copyTokenHint: "Kopiert das benutzte Token; nach 30 Sekunden verlässt es die Zwischenablage",
    regenerate: "Neu erzeugen …",
    regenerateHint: "Setzt ein neues Token an die Stelle von diesem und widerruft dieses",
    logOut: "Abmelden",
    open: { keychain: "In deiner Passwortverwaltung ansehen", netrc: "In deinem Editor öffnen" },
    token: (chip) => `Token, das auf ${chip.replace(/^…/, "")} endet`,
  },

  accounts: {
    menu: "Konto wechseln, hinzufügen oder entfernen",
    current: "in Benutzung",
    add: "Mit einem anderen Konto anmelden …",
    addHint: "Öffnet den Browser; das Token, das hier liegt, bleibt",
    remove: "Von diesem Rechner entfernen",
  },

  more: {
    label: "Mehr",
    shortcuts: "Tastenkürzel",
    autostart: "Beim Anmelden starten",
    autostartHint: "Nur das Symbol in der Leiste startet, wenn du dich am Rechner anmeldest",
    show_access: "Zugriffe und SSH-Schlüssel",
    show_history: "Was Herokey getan hat",
    log_in: "Neu anmelden",
    log_in_by_oauth: "Kurzlebige Token benutzen",
    look_again: "Noch einmal umsehen",
    copy_report: "Für einen Fehlerbericht kopieren",
    hints: {
      show_access: "Was als du handeln kann: Freigaben, Sitzungen, SSH-Schlüssel",
      show_history: "Was hier zuletzt geschah, durch welches Programm und wie es ausging",
      log_in: "Öffnet den Browser und setzt ein neues Token an die Stelle von diesem",
      log_in_by_oauth:
        "Token für acht Stunden, die sich selbst erneuern: Ein gestohlenes ist heute Abend tot",
      look_again: "Liest alles auf diesem Rechner noch einmal",
      copy_report: "Was Herokey hier gefunden hat, ohne Token und ohne E-Mail-Adressen",
    },
  },

  otherWays: {
    title: "Andere Wege zur Anmeldung",
    password: "E-Mail und Passwort",
    token: "Token einfügen",
    sso: "Single Sign-on",
    email: "E-Mail",
    passwordLabel: "Passwort",
    tokenLabel: "Token",
    organization: "Organisation",
    openSso: "Ihre Anmeldeseite öffnen",
    logIn: "Anmelden",
    hints: {
      password: "Das Passwort geht an Heroku und wird nicht behalten.",
      token: "Heroku wird gefragt, wem es gehört, bevor es gespeichert wird.",
      sso: "Die Seite zeigt am Ende ein Token. Füge es hier ein.",
    },
  },

  question: {
    code: "Dein zweiter Faktor",
    codeHint: "Heroku fragt nach dem Code, den deine App oder dein Schlüssel jetzt zeigt.",
    codeAgain: "Heroku hat diesen Code nicht angenommen. Versuche den nächsten.",
    codeLabel: "Code",
    no: "Abbrechen",
    goOn: "Weiter",
  },

  access: {
    title: "Zugriffe und SSH-Schlüssel",
    loading: "Fragt Heroku …",
    rows: "Was als du handeln kann",
    noRows: "Nichts außer dem benutzten Token.",
    keys: "SSH-Schlüssel",
    noKeys: "Das Konto hat keinen SSH-Schlüssel.",
  },

  history: {
    title: "Was Herokey getan hat",
    nothing: "Auf diesem Rechner noch nichts.",
    outcomes: {
      good: "Erledigt",
      neutral: "Abgebrochen",
      attention: "Teils erledigt",
      bad: "Fehlgeschlagen",
    },
    kept: "Die letzten fünfzig bleiben, nur auf diesem Rechner und ohne Token.",
  },

  page: {
    back: "Zurück",
  },

  tones: {
    good: "Wie es sein soll",
    neutral: "Zur Kenntnis",
    attention: "Braucht Aufmerksamkeit",
    bad: "Kaputt",
  },

  shortcuts: {
    title: "Tastenkürzel",
    close: "Schließen",
    acts: {
      copyToken: "Das Token kopieren",
      move: "Das Token verschieben",
      regenerate: "Das Token neu erzeugen",
      logIn: "Im Browser anmelden",
      logOut: "Abmelden",
      accounts: "Konto wechseln",
      access: "Zugriffe und SSH-Schlüssel",
      history: "Was Herokey getan hat",
      lookAgain: "Noch einmal umsehen",
      help: "Diese Liste",
      back: "Wegräumen, zurück, abbrechen",
    },
    keys: { Control: "Strg", Shift: "Umschalt", Meta: "⌘", Escape: "Esc" },
  },

  notice: {
    clears: (time) => `Es verlässt die Zwischenablage in ${time}.`,
    detail: "Technische Einzelheiten",
    dismiss: "Wegräumen",
  },

  unreachable: {
    title: "Herokey antwortet nicht",
    body: "Was du wolltest, ist vielleicht nicht geschehen. Schließe das Fenster, öffne es wieder und sieh nach.",
  },
};
