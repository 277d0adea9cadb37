// A server in a process of its own, so that it can be killed and frozen: `board-server-process.ts PORT BUILD ACCESS BEAT`.

import { HEALTH, operatorsOf } from '../../web/support/health-fixture.ts'
import { openSite, openStubBoard } from '../../web/support/site-world.ts'
import { type BoardState, PING_EVERY_MS } from './board-server.ts'

const [port, build = 'build-1', access = 'open', beat = '200'] = process.argv.slice(2)
const factory = openStubBoard()
const config = {
  build,
  pingEveryMs: PING_EVERY_MS,
  beatEveryMs: Number(beat),
  access: access === 'login' ? 'login' : 'open',
} as const
const site = await openSite(
  factory.reader,
  { ...config, databaseNotice: 'embedded database in .andon' },
  Number(port),
  undefined,
  operatorsOf(() => HEALTH),
)

process.on('message', (order: BoardState) => {
  if (order.rows) factory.show(order.rows)
  if (order.mistaken) factory.showMistakes(order.mistaken)
  if (order.holds) factory.showHolds(order.holds)
  if (order.isUnavailable !== undefined) factory.setUnavailable(order.isUnavailable)
})
process.on('disconnect', () => process.exit())
process.send?.({ url: site.url })
