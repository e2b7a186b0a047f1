// Reads lines of the form `HOST FILE`, both in hex. For each, prints what the Heroku CLI finds for that host in that
// file: `LOGIN PASSWORD` in hex, with `-` for a missing value.
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const [, , parser, scratch] = process.argv
const { Netrc } = await import(pathToFileURL(parser))
const bytes = hex => Buffer.from(hex, 'hex')
const hex = value => value ? Buffer.from(value).toString('hex') || '-' : '-'

const answers = (await text(process.stdin)).split('\n').filter(Boolean).map(line => {
  const [host, file] = line.split(' ')
  writeFileSync(scratch, bytes(file))
  const netrc = new Netrc(scratch)
  netrc.loadSync()
  const auth = netrc.machines[bytes(host).toString()]
  return `${hex(auth?.login)} ${hex(auth?.password)}`
})
process.stdout.write(answers.join('\n'))
