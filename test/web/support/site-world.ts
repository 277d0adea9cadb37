// The site over rows made by hand: what it shows, whether it can be read, and when it changes are the test's to say.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import pino from 'pino'
import type { HeldPlace } from '../../../src/pipeline/model/hold.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { Notice } from '../../../src/render/configuration-notice.ts'
import { Away } from '../../../src/web/http-errors.ts'
import { serve } from '../../../src/web/http-server.ts'
import type { Reader } from '../../../src/web/reader.ts'
import type { Asked } from '../../../src/web/site.ts'
import { boardOf, floor, type Made, NOW } from './board-fixtures.ts'

export type Floor = {
  readonly reader: Reader
  /** How often the board was read. */
  readings(): number
  /** What stands there now; whoever listens hears of it. */
  becomes(all: readonly Made[], at?: Instant): void
  /** Whose files are mistaken from now on. */
  mistake(mistaken: readonly Notice[]): void
  /** Which places are held whole from now on. */
  hold(holds: readonly HeldPlace[]): void
  /** A repository is renamed, or Andon is taken off it: nobody is known by that name any more. */
  forget(repository: string): void
  /** The database goes away, or comes back. */
  goesAway(away: boolean): void
}

const REPOSITORIES = ['acme/widgets', 'acme/api', 'northwind-traders-international/warehouse-management-system']

export function openFloor(all: readonly Made[] = floor()): Floor {
  const listeners = new Set<() => void>()
  let standing = all
  let now = NOW
  let mistaken: readonly Notice[] = []
  let holds: readonly HeldPlace[] = []
  let forgotten = ''
  let away = false
  let readings = 0
  const here = (repository?: string) =>
    standing.filter(({ shown }) => shown.repository !== forgotten && (!repository || shown.repository === repository))
  const heldIn = (asked?: string) =>
    holds.filter(({ repository }) => !asked || repository === null || repository === asked)
  const wrongIn = (repository?: string) => mistaken.filter((one) => !repository || one.repository === repository)
  const read = async <T>(answer: () => T): Promise<T> => {
    readings += 1
    if (away) throw new Away('the database cannot be read just now')
    return answer()
  }
  return {
    reader: {
      board: ({ repository }) =>
        read(() => ({ ...boardOf(here(repository), now, wrongIn(repository)), holds: heldIn(repository) })),
      issue: (repository, number) =>
        read(() => {
          const found = here(repository).find(({ shown }) => shown.pipeline.issue.number === number)
          return found ? { ...found, asOf: now, mistaken: wrongIn(repository) } : null
        }),
      repository: (name) =>
        read(
          () => REPOSITORIES.find((known) => known !== forgotten && known.toLowerCase() === name.toLowerCase()) ?? null,
        ),
      obstacle: () => read(() => null),
      async listen(heard) {
        listeners.add(heard)
        return async () => void listeners.delete(heard)
      },
    },
    readings: () => readings,
    becomes(all, at = now) {
      standing = all
      now = at
      for (const heard of listeners) heard()
    },
    mistake(next) {
      mistaken = next
      for (const heard of listeners) heard()
    },
    hold(next) {
      holds = next
      for (const heard of listeners) heard()
    },
    forget(repository) {
      forgotten = repository
      for (const heard of listeners) heard()
    },
    goesAway(next) {
      away = next
      for (const heard of listeners) heard()
    },
  }
}

export type OpenSite = { readonly url: string; readonly streams: () => number; close(): Promise<void> }

/** Serves a floor on a free port. */
export async function openSite(
  reader: Reader,
  config: { access?: 'open' | 'login'; build?: string; pingEveryMs?: number; databaseNotice?: string | null } = {},
  port = 0,
  report: (asked: Asked) => Promise<Response> = async (asked) => asked.body(null, 204),
): Promise<OpenSite> {
  const { server, hub, close } = serve({
    reader,
    deliver: async (_request, response) => void response.writeHead(202).end('{"accepted":true}'),
    report,
    log: pino({ level: 'silent' }),
    config: { access: 'open', baseUrl: 'http://localhost', build: 'build-1', databaseNotice: null, ...config },
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, streams: hub.size, close }
}
