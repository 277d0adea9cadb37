// A hold in the words of the row, the check run and the comment: who, why and since when, once, and inert.
import { expect, test } from 'vitest'
import { holdsOf } from '../../src/pipeline/holds/holds.ts'
import type { Around } from '../../src/pipeline/model/hold.ts'
import { row } from '../../src/render/board-row.ts'
import { check } from '../../src/render/check-run.ts'
import { comment, marker } from '../../src/render/sticky-comment.ts'
import { EVERYTHING, REPOSITORY, say } from '../support/hold-commands.ts'
import { minute } from '../support/pipeline-fixtures.ts'
import { confirmed, type Floor, ownRunIs, started } from '../support/pipeline-harness.ts'

const pageUrl = 'https://andon.example/acme/widgets/issues/42'

function shown({ pipeline }: Floor, stage: string, around: Around) {
  const holds = holdsOf(pipeline, around)
  const o = { pageUrl, pipelineId: 17, alone: true, overlay: null, holds }
  const board = { id: 17, repository: 'acme/widgets', revision: 1, held: true, around, needsYouAt: null, pipeline }
  const surface = { stage, sha: 'c0de', where: 'pull_request' } as const
  return {
    reason: row(board, minute(30)).reason,
    check: check(pipeline, surface, o).output,
    comment: comment(pipeline, stage, { ...o, marker: marker(17, stage) }),
  }
}

function running(): Floor {
  const line = started()
  const key = line.admit(minute(1)) ?? ''
  return line.tell(confirmed(key, 100, minute(1)), ownRunIs(key, 100, { at: minute(2) }))
}

test('a stage that waits because of its hold says so once', () => {
  const line = started()
  say(line, '/andon hold the key is being changed')
  const { reason, check, comment } = shown(line, 'plan', { repository: null, everything: null })
  expect(reason).toBe('held by @mara since 2026-11-21 09:20 UTC: the key is being changed; then attempt 1 of 3')
  expect(check.title).toBe(`queued: ${reason}`)
  expect(comment.match(/the key is being changed/g)).toHaveLength(1)
})

test('a stage that runs in a held repository says who holds it, and that everything is held besides', () => {
  const { reason, check, comment } = shown(running(), 'plan', { repository: REPOSITORY, everything: EVERYTHING })
  const words =
    'everything is held by root since 2026-11-21 09:10 UTC: GitHub is down; the repository is held by @ada since 2026-11-21 09:10 UTC: release week'
  expect(reason.endsWith(`; ${words}`)).toBe(true)
  expect(check.title.startsWith('running, held: ')).toBe(true)
  expect(comment).toMatchInlineSnapshot(`
    "<!-- andon:v1 17/plan -->
    **plan ● running, held** · since 2026-11-21 09:02:00 UTC

    \`plan ●─ code ·─ test ·─ review ·\`

    attempt 1 of 3 runs; everything is held by root since 2026-11-21 09:10 UTC: GitHub is down; the repository is held by @​ada since 2026-11-21 09:10 UTC: release week

    | attempt | run | began | now |
    | --: | --- | --- | --- |
    | 1 | [andon 42/plan/1-k3v9x](https://github.com/acme/widgets/actions/runs/100) | 2026-11-21 09:02:00 UTC | in progress |

    Known from delivery \`guid-2026-11-21T09:02:00.000Z\`, 2026-11-21 09:02:00 UTC · [Issue #42 on the board](https://andon.example/acme/widgets/issues/42)
    "
  `)
})

test('a stage that is over says nothing of a hold, and no stage of another’s', () => {
  const line = running()
  line.tell(ownRunIs(line.stage('plan').attempts[0]?.key ?? '', 100, { at: minute(5), conclusion: 'success' }))
  say(line, '/andon hold test the runner is being moved')
  const around = { repository: REPOSITORY, everything: null }
  expect(shown(line, 'plan', around).comment).not.toContain('held')
  expect(shown(line, 'code', around).comment).toContain('release week')
  expect(shown(line, 'code', around).comment).not.toContain('the runner is being moved')
})

test('a reason that somebody wrote is inert', () => {
  const line = running()
  say(line, '/andon hold @everyone <!-- andon:v1 17/plan --> [x](https://evil.example) | #1')
  const told = shown(line, 'plan', { repository: null, everything: null }).comment
  expect(told.match(/<!-- andon:v1/g)).toHaveLength(1)
  expect(told).not.toMatch(/@(everyone|mara)/)
  expect(told).not.toContain('](https://evil')
})
