// What the API answers, as schemas: `openapi.ts` describes it by them, and tests hold every answer against them. The types that
// the answers are built from stay where they are; the compiler compares them with these.
import { z } from 'zod'
import type { BoardRow } from '../render/board-row.ts'
import type { PipelineDetail } from '../render/pipeline-detail.ts'
import { HEALTHS, LIGHTS } from './find-form.ts'
import type { BoardJson } from './stream-formats.ts'

/** The schemas that the document names, by their names. */
export const API_SCHEMAS = z.registry<{ readonly id: string; readonly description?: string }>()

/** The schema of a T, which the compiler compares with it. */
function schemaOf<T>() {
  return <S extends z.ZodType>(
    id: string,
    description: string,
    schema: S & (T extends z.infer<S> ? unknown : never),
  ): S => {
    const named: S = schema
    API_SCHEMAS.add(named, { id, description })
    return named
  }
}

const listOf = <S extends z.ZodType>(item: S): z.ZodType<readonly z.infer<S>[]> => z.array(item)
const moment = z.string().meta({ format: 'date-time' })
const count = z.int().min(0)
const text = (description: string) => z.string().meta({ description })

const evidence = schemaOf<NonNullable<BoardRow['evidence']>>()(
  'Evidence',
  'What a status rests on.',
  z.strictObject({
    kind: z.enum(['delivery', 'read', 'beat', 'command', 'clock']),
    id: z.string(),
    at: moment,
    repairedAt: moment
      .optional()
      .meta({ description: 'When the delivery, which had not arrived, was found in GitHub’s log.' }),
  }),
)

const status = z.enum(['idle', 'queued', 'running', 'review', 'done', 'failed', 'cancelled', 'skipped'])

const rowFields = {
  id: z.int().meta({ description: 'Of rows that are equally urgent and old, the lower stands first.' }),
  repository: text('`owner/repo`.'),
  issue: z.int().min(1),
  title: z.string().nullable(),
  url: z.string().nullable(),
  stage: text('The stage that the light is of.'),
  light: z.enum(LIGHTS),
  health: z.enum(HEALTHS).meta({ description: 'Of the run at work: derived when it is read.' }),
  hides: z
    .strictObject({ stage: z.string(), status, text: z.string() })
    .nullable()
    .meta({ description: 'The gravest earlier stage that the light hides.' }),
  held: z.boolean(),
  needsYou: z.boolean(),
  ended: z.boolean().meta({ description: 'Done, or over without that: it is closed, or its repository is gone.' }),
  attempt: z.int().min(1).nullable(),
  since: moment,
  aliveAt: moment.nullable(),
  progressAt: moment.nullable(),
  lastKnownAt: moment.nullable().meta({
    description: 'When the light was last confirmed, if that is too long ago: then `health` is `unknown`. Null else.',
  }),
  reason: text('In words, which may change.'),
  reasonKind: z.string().nullable().meta({ description: 'The reason for programs; more kinds may come.' }),
  waiting: z.strictObject({ for: z.string(), until: moment.nullable() }).nullable(),
  evidence: evidence.nullable(),
  revision: z.int(),
}

const row = schemaOf<BoardRow>()('Pipeline', 'One issue on the line.', z.strictObject(rowFields))

export const boardSchema = schemaOf<BoardJson>()(
  'Board',
  'The board at one moment: counts and rows are of one snapshot.',
  z.strictObject({
    counts: z
      .strictObject({
        ...{ running: count, review: count, queued: count, failed: count, held: count },
        ...{ stalled: count, stale: count, unknown: count, mistaken: count },
        ...{ needsYou: count, moving: count, open: count },
      })
      .meta({
        description:
          'Of what has not ended, whatever is asked for: each at its light, the others apart. `mistaken` files are among what needs a person.',
      }),
    verdict: z.enum(['running', 'waiting-for-you', 'standing-still', 'nothing-to-do', 'cannot-know']),
    why: text('The verdict’s reason in words.'),
    matched: count.meta({ description: 'How many rows there are on all pages.' }),
    pipelines: listOf(row),
    next: z.string().nullable().meta({ description: 'The value of `after` for the next page.' }),
    asOf: moment,
  }),
)

const attempt = schemaOf<PipelineDetail['stages'][number]['attempts'][number]>()(
  'Attempt',
  'One try at a stage. A run that Andon did not start has the number 0 and no key.',
  z.strictObject({
    number: z.int().min(0),
    key: z.string().nullable(),
    runId: z.int().nullable(),
    url: z.string().nullable(),
    link: z.string().nullable().meta({ description: 'The link that the workflow reported.' }),
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
    conclusion: z.string().nullable().meta({ description: 'GitHub’s word for how the run ended.' }),
  }),
)

const stage = schemaOf<PipelineDetail['stages'][number]>()(
  'Stage',
  'A station of the line.',
  z.strictObject({
    name: z.string(),
    status,
    health: rowFields.health,
    attempt: rowFields.attempt,
    attempts: listOf(attempt),
    reason: z.string(),
    reasonKind: z.string().nullable(),
    workflowUrl: z
      .string()
      .nullable()
      .meta({ description: 'Where the workflow is repaired that GitHub refuses to start.' }),
    evidence: evidence.nullable(),
  }),
)

const entry = schemaOf<PipelineDetail['history'][number]>()(
  'HistoryEntry',
  'One step in what happened, the newest first.',
  z.strictObject({
    at: moment,
    type: z.string(),
    actor: z.string().nullable(),
    text: z.string(),
    evidence: evidence.nullable(),
  }),
)

export const pipelineSchema = schemaOf<PipelineDetail>()(
  'PipelineDetail',
  'One issue in full.',
  z.strictObject({ ...rowFields, stages: listOf(stage), history: listOf(entry) }),
)

export const errorSchema = schemaOf<{ error: string }>()(
  'Error',
  'One sentence that says what to do.',
  z.strictObject({ error: z.string() }),
)

export const acceptedSchema = schemaOf<{ accepted: true; duplicate: boolean }>()(
  'Accepted',
  'The delivery is committed.',
  z.strictObject({ accepted: z.literal(true), duplicate: z.boolean() }),
)

export const refusedSchema = schemaOf<{ accepted: false; error: string }>()(
  'Refused',
  'The delivery is not stored.',
  z.strictObject({ accepted: z.literal(false), error: z.string() }),
)

export const readinessSchema = schemaOf<{ ready: boolean; reason: string | null }>()(
  'Readiness',
  'Whether this process can commit a delivery.',
  z.strictObject({ ready: z.boolean(), reason: z.string().nullable() }),
)

export const healthSchema = schemaOf<{ status: 'ok' | 'degraded'; degraded: readonly string[]; build: string }>()(
  'Health',
  'The parts of the process beside these say more, each in fields of its own.',
  z.looseObject({ status: z.enum(['ok', 'degraded']), degraded: listOf(z.string()), build: z.string() }),
)
