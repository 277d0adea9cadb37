// The Andon of bench/places.ts, in a process of its own: web and worker on Postgres, with an issue in each of 200
// repositories. It answers with how many queries it has sent.
import pg from 'pg'
import { openAndonApp } from '../test/support/andon-app.ts'

export type PlacesReport = { readonly url: string; readonly secret: string } | { readonly queries: number }

const query = pg.Client.prototype.query
let queries = 0
pg.Client.prototype.query = function counted(this: pg.Client, ...words: Parameters<typeof query>) {
  queries += 1
  return query.apply(this, words)
} as typeof query

const app = await openAndonApp({ kind: 'postgres' })
report({ url: app.url, secret: app.github.webhookSecret })
process.on('disconnect', () => process.exit())
process.on('message', () => report({ queries }))

function report(message: PlacesReport): void {
  process.send?.(message)
}
