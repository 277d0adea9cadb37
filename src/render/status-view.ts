// `status` and `why` as people see them: one short table of how an issue's line stands when the answer is written.

import { holdWords } from '../pipeline/holds/holds.ts'
import type { Evidence } from '../pipeline/model/evidence.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import { currentAttempt } from '../pipeline/stages/attempt-outcome.ts'
import { light } from '../pipeline/view/light.ts'
import { attemptNumber } from './board-row.ts'
import { LIGHTS, moment } from './labels.ts'
import { code, inline, link } from './sanitize.ts'
import { type Overlay, type Overlays, stageOf, statusWords } from './stage.ts'

/** An issue's line at a moment, with what lies around it. */
export type Sight = {
  readonly pipeline: Pipeline
  readonly overlay: Overlay | null
  /** Every cord that is pulled over it, the widest first. */
  readonly holds: readonly Hold[]
  /** What is wrong in the repository's file, in sentences. */
  readonly mistakes: readonly string[]
  /** A good version of that file is in force; without one Andon only watches. */
  readonly isConfigured: boolean
  readonly pageUrl: string
}

/** Every stage: its light, its attempt, since when, why, and how we know. */
export function statusTable({ pipeline, overlay, holds, pageUrl }: Sight): string {
  const rows = pipeline.stages.map((stage) => {
    const { name, since, reason, evidence } = stage
    const attempt = attemptNumber(stage) ?? ''
    const cells = [inline(name), lamp(stage, { overlay, holds }), attempt, since === null ? '' : moment(since)]
    return row([...cells, inline(reason, LONGEST_REASON), evidence === null ? '' : known(evidence)])
  })
  return [
    row(['stage', 'light', 'attempt', 'since', 'how it stands', 'how we know']),
    '| --- | --- | --: | --- | --- | --- |',
    ...rows,
    ...holds.flatMap((hold) => ['', `Held: ${inline(holdWords(hold), LONGEST_REASON)}.`]),
    '',
    toBoard(pipeline, pageUrl),
  ].join('\n')
}

/** What the issue is waiting for, for whom and until when, and everything that is in the way. */
export function whyTable({ pipeline, overlay, holds, mistakes, isConfigured, pageUrl }: Sight): string {
  const lit = light(pipeline)
  const stage = stageOf(pipeline, lit.stage)
  const current = currentAttempt(stage)
  const { waiting, evidence } = stage
  const rows: readonly (readonly [string, string | null])[] = [
    ['attempt', attemptNumber(stage) === null ? null : tried(stage, current?.run?.url ?? current?.ours?.dispatch?.url)],
    ['since', moment(lit.since)],
    ['because', lit.reason === '' ? null : inline(lit.reason, LONGEST_REASON)],
    [
      'waits for',
      waiting && `${inline(waiting.for, LONGEST_REASON)}${waiting.until ? `, until ${moment(waiting.until)}` : ''}`,
    ],
    ...holds.map((hold) => ['held', inline(holdWords(hold), LONGEST_REASON)] as const),
    ['configuration', mistakes.length === 0 ? null : mistaken(mistakes, isConfigured)],
    ['how we know', evidence && known(evidence)],
  ]
  return [
    row([`**${inline(stage.name)}**`, `**${lampOf(pipeline, stage, { overlay, holds })}**`]),
    '| --- | --- |',
    ...rows.flatMap(([name, told]) => (told === null ? [] : [row([name, told])])),
    '',
    toBoard(pipeline, pageUrl),
  ].join('\n')
}

const LONGEST_REASON = 400

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function lamp(stage: Stage, overlays: Overlays): string {
  return `${LIGHTS[stage.status].shape} ${statusWords(stage, overlays)}`
}

/** The light of the whole issue: that of its stage while one is live, else what is left. */
function lampOf(pipeline: Pipeline, stage: Stage, overlays: Overlays): string {
  const { light: colour } = light(pipeline)
  return colour === stage.status ? lamp(stage, overlays) : `${LIGHTS[colour].shape} ${LIGHTS[colour].word}`
}

function tried(stage: Stage, url: string | null | undefined): string {
  const words = String(attemptNumber(stage))
  return url ? `${words}, ${link('its run', url)}` : words
}

function mistaken(mistakes: readonly string[], isConfigured: boolean): string {
  const [first = ''] = mistakes
  const more = mistakes.length > 1 ? `, and ${mistakes.length - 1} more` : ''
  return `${inline(first.replace(/\.$/, ''), LONGEST_REASON)}${more}; ${isConfigured ? 'the last good version is in force' : 'until it is right, Andon only watches'}`
}

function known({ kind, id, at }: Evidence): string {
  return `${kind} ${code(id, 60)}, ${moment(at)}`
}

function toBoard({ issue }: Pipeline, pageUrl: string): string {
  return link(`Issue #${issue.number} on the board`, pageUrl)
}
