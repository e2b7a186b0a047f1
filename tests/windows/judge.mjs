// Prints the token that the Heroku CLI finds in the netrc of each home folder, as JSON.
// usage: node judge.mjs NODE_MODULES FOLDER…
import { pathToFileURL } from 'node:url';

const [modules, ...homes] = process.argv.slice(2);
const core = `${modules}\\@heroku-cli\\command\\lib\\credential-manager-core\\index.js`;
const { getAuth } = await import(pathToFileURL(core).href);
process.env.HEROKU_NETRC_WRITE = 'true';
const found = [];
for (const home of homes) {
  process.env.HOME = home;
  found.push(await getAuth(undefined, 'api.heroku.com').then(({ token }) => token, () => null));
}
process.stdout.write(JSON.stringify(found));
