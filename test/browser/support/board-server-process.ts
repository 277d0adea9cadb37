// A server in a process of its own, so that it can be killed and frozen: `factory-process.ts PORT BUILD`.

import { openFloor, openSite } from '../../web/support/site-world.ts'
import { type FactoryOrder, PING_EVERY_MS } from './board-server.ts'

const [port, build = 'build-1', access = 'open'] = process.argv.slice(2)
const factory = openFloor()
const config = { build, pingEveryMs: PING_EVERY_MS, access: access === 'login' ? 'login' : 'open' } as const
const site = await openSite(factory.reader, { ...config, databaseNotice: 'embedded database in .andon' }, Number(port))

process.on('message', (order: FactoryOrder) => {
  if (order.rows) factory.becomes(order.rows)
  if (order.mistaken) factory.mistake(order.mistaken)
  if (order.holds) factory.hold(order.holds)
  if (order.away !== undefined) factory.goesAway(order.away)
})
process.on('disconnect', () => process.exit())
process.send?.({ url: site.url })
