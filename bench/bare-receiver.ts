// The least that a webhook receiver must do to be durable: check the signature, parse, insert one row, answer.
// `node bench/bare-receiver.ts PORT DATABASE_URL with-body|without-body`
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import pg from 'pg'
import { WEBHOOK_SECRET } from '../test/support/deliveries.ts'

const [, , port = '0', connectionString = '', keeps = 'without-body'] = process.argv
const pool = new pg.Pool({ connectionString, max: 10 })
const withBody = keeps === 'with-body'
await pool.query(`
  create table bare (
    id bigint generated always as identity primary key, guid text not null unique, name text not null, action text,
    received_at timestamptz not null default now(), body bytea
  )`)

createServer(async (request, response) => {
  const body = await readBody(request)
  const expected = `sha256=${createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex')}`
  const actual = String(request.headers['x-hub-signature-256'])
  if (actual.length !== expected.length || !timingSafeEqual(Buffer.from(actual), Buffer.from(expected))) {
    response.writeHead(401).end()
    return
  }
  const { action } = JSON.parse(body.toString())
  const { 'x-github-delivery': guid, 'x-github-event': name } = request.headers
  await pool.query('insert into bare (guid, name, action, body) values ($1, $2, $3, $4) on conflict do nothing', [
    guid,
    name,
    action,
    withBody ? body : null,
  ])
  const answer = '{"accepted":true}'
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
