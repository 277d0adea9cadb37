// What a reader of rows made by hand gets, ordered and counted as the store does.
import { activeHolds } from '../../../src/pipeline/holds/holds.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import { deriveHealth, headlineOf } from '../../../src/pipeline/view/light.ts'
import { needsYou } from '../../../src/render/board-row.ts'
import type { ConfigurationNotice } from '../../../src/render/configuration-notice.ts'
import type { RepositoryCounts } from '../../../src/store/board-repositories.ts'
import type { BoardPage } from '../../../src/web/reader.ts'
import { type BoardFixture, minutesAgo, NOW } from './board-fixtures.ts'

/** The board that a reader of these pipelines gets, ordered and counted as the store does. */
export function boardOf(
  all: readonly BoardFixture[],
  now: Instant = NOW,
  configurationNotices: readonly ConfigurationNotice[] = [],
): BoardPage {
  const live = all
    .map(({ shown }) => shown)
    .filter(({ pipeline }) => !['done', 'idle'].includes(headlineOf(pipeline).light))
  const rows = live.map((shown) => {
    const { light, since } = headlineOf(shown.pipeline)
    const { health } = deriveHealth(shown.pipeline, now, activeHolds(shown.pipeline, shown.outerHolds))
    const isNeeding = needsYou(shown, now)
    const order = ['running', 'review', 'queued', 'failed'].indexOf(light)
    const rank = !isNeeding ? 4 + order : light === 'failed' ? 0 : health !== 'ok' ? 1 : shown.held ? 2 : 3
    return { shown, light, health, isNeeding, key: `${rank}${since}` }
  })
  const count = (isCounted: (row: (typeof rows)[number]) => boolean) => rows.filter(isCounted).length
  const mistaken = configurationNotices.length
  const counts = {
    running: count(({ light }) => light === 'running'),
    review: count(({ light }) => light === 'review'),
    queued: count(({ light }) => light === 'queued'),
    failed: count(({ light }) => light === 'failed'),
    held: count(({ shown }) => shown.held),
    stalled: count(({ health }) => health === 'stalled'),
    stale: count(({ health }) => health === 'stale'),
    unknown: count(({ health }) => health === 'unknown'),
    mistaken,
    needsYou: count(({ isNeeding }) => isNeeding) + mistaken,
    moving: count(({ light, isNeeding }) => light === 'running' && !isNeeding),
    open: rows.length,
  }
  return {
    counts,
    isBlind: false,
    rows: rows.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ shown }) => shown),
    matched: rows.length,
    repositories: [],
    next: null,
    asOf: now,
    doneToday: 12,
    lastDeliveryAt: minutesAgo(0.05),
    latency: null,
    failedDeliveries: 0,
    holds: [],
    configurationNotices,
    accessNotices: [],
  }
}

/** The repositories of these pipelines with their counts. */
export function repositoryLines(
  all: readonly BoardFixture[],
  owner: string | null,
  now: Instant = NOW,
): readonly RepositoryCounts[] {
  const names = [...new Set(all.map(({ shown }) => shown.repository))].toSorted()
  return names
    .filter((name) => owner === null || name.toLowerCase().startsWith(`${owner.toLowerCase()}/`))
    .map((repository) => {
      const { counts } = boardOf(
        all.filter(({ shown }) => shown.repository === repository),
        now,
      )
      return { repository, ...counts, mistaken: false }
    })
}
