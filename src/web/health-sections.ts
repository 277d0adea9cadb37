// The sections of the operators' page in their order, in words that say what a number means for a person.
import type { HealthPart, HealthReport } from '../health/report.ts'
import { accessNoticesOf } from '../render/access-problem.ts'
import { holdViewOf } from '../render/hold-text.ts'
import { formatMinute } from '../render/labels.ts'
import { webhookText } from '../render/repairs.ts'
import { refusedText } from './health-problems.ts'
import { clockContent, databaseContent, diskContent, latencyContent, loopContent } from './health-processes.ts'
import {
  agoCell,
  countCell,
  type HealthCell,
  type HealthSection,
  repairsCell,
  type SectionContent,
} from './health-section.ts'

export function healthSectionsOf(health: HealthReport): readonly HealthSection[] {
  const { asOf } = health
  return [
    section('webhooks', 'Webhooks', health.deliveries, webhookContent),
    section('sweeps', 'What GitHub sent and Andon missed', health.sweeps, sweepContent),
    section('reconciles', 'What was read again from GitHub', health.reconciles, reconcileContent),
    section('loops', 'Loops', health.loops, loopContent),
    section('outbox', 'Outbox', health.outbox, outboxContent),
    section('quotas', "GitHub's quotas", health.quotas, quotaContent),
    section('held', 'Held', health.holds, holdContent),
    section('refused', 'Refused by GitHub', health.accessProblems, accessContent),
    section('latency', 'From the delivery to the browser', health.latencies, latencyContent),
    section('clocks', 'Clocks', health.clocks, (clocks) => clockContent(clocks, asOf)),
    section('database', 'Database', health.database, databaseContent),
    section('disk', 'Disk', health.disk, diskContent),
    section('process', 'This process', { value: health }, ({ process, build, startedAt }) => ({
      facts: [
        { term: 'name', cell: { text: process } },
        { term: 'build', cell: { text: build } },
        { term: 'running', cell: { age: startedAt } },
      ],
    })),
  ]
}

function section<T>(
  id: string,
  title: string,
  part: HealthPart<T>,
  contentOf: (value: T) => SectionContent,
): HealthSection {
  const empty = { id: `health-${id}`, title, problem: null, facts: [], table: null, note: null }
  if ('problem' in part) return { ...empty, problem: part.problem }
  const { facts = [], table = null, note = null } = contentOf(part.value)
  return { ...empty, facts, table: table?.rows.length === 0 ? null : table, note }
}

type ValueOf<Part extends keyof HealthReport> = Extract<HealthReport[Part], { readonly value: unknown }>['value']

function webhookContent({ lastAt, lastHour, failed, failedRows }: ValueOf<'deliveries'>): SectionContent {
  const { applied, ignored } = lastHour
  const rows = failedRows.map((row): readonly HealthCell[] => [
    { text: String(row.id) },
    { age: row.receivedAt },
    { text: webhookText(row) },
    row.repository === null ? { text: 'unknown', tone: 'muted' } : { text: row.repository, href: `/${row.repository}` },
    { text: row.error },
    { text: String(row.attempts) },
    { replay: row.id },
  ])
  const columns = ['id', 'arrived', 'webhook', 'repository', 'why it failed', 'tries', 'again']
  return {
    facts: [
      { term: 'last delivery', cell: agoCell(lastAt, 'none has ever arrived', 'warn') },
      {
        term: 'in the last hour',
        cell: { text: `${applied} applied, ${ignored} without effect, ${lastHour.failed} failed` },
      },
      { term: 'failed', cell: repairsCell(failed, 'deliveries') },
    ],
    table: { caption: 'Failed deliveries, newest first', columns, rows },
    note: failed > rows.length ? `These are the newest ${rows.length} of ${failed}.` : null,
  }
}

function sweepContent([sweep, ...others]: ValueOf<'sweeps'>): SectionContent {
  if (sweep === undefined) return { note: "GitHub's log of deliveries has not been read yet." }
  const { scannedAt, failing, cutOff, due } = sweep
  const rows = [sweep, ...others].flatMap(({ missed }) =>
    missed.map(({ foundAt, count, from, until, repaired, due, lost, repairedAt }): readonly HealthCell[] => [
      { age: foundAt },
      { text: count === 1 ? '1 delivery' : `${count} deliveries` },
      { until: from },
      { until },
      { text: String(repaired) },
      repairedAt === null ? { text: 'not yet', tone: 'warn' } : { until: repairedAt },
      countCell(due, 'warn'),
      countCell(lost, 'bad'),
    ]),
  )
  const columns = ['found', 'missed', 'sent from', 'until', 'repaired', 'at', 'still to fetch', 'lost']
  return {
    facts: [
      { term: "GitHub's log read", cell: agoCell(scannedAt, 'never to its end yet', 'warn') },
      ...(failing === null
        ? []
        : [
            {
              term: 'cannot be read',
              cell: { text: `since ${formatMinute(failing.since)}: ${failing.words}`, tone: 'bad' as const },
            },
          ]),
      ...(cutOff === null ? [] : [{ term: 'no log is left', cell: cutOffCell(cutOff) }]),
      { term: 'still to fetch', cell: countCell(due, 'warn', 'nothing') },
    ],
    table: { caption: 'Deliveries that were missed, the latest first', columns, rows },
    note: rows.length === 0 && scannedAt !== null ? 'Nothing was missing.' : null,
  }
}

function cutOffCell({ from, until, reconciledAt }: NonNullable<ValueOf<'sweeps'>[number]['cutOff']>): HealthCell {
  const lost = `of ${from === null ? 'an unknown time' : formatMinute(from)} to ${formatMinute(until)}`
  if (reconciledAt === null) return { text: lost, tone: 'bad' }
  return { text: `${lost}; everything under way was read again by ${formatMinute(reconciledAt)}`, tone: 'muted' }
}

function reconcileContent(report: ValueOf<'reconciles'>): SectionContent {
  const { open, oldestAt, lastAt, repaired, repairedAt, failing } = report
  if (open === 0 && lastAt === null) return { note: 'Nothing is under way.' }
  return {
    facts: [
      { term: 'issues under way', cell: { text: String(open) } },
      { term: 'read last', cell: agoCell(lastAt, 'none yet') },
      { term: 'read longest ago', cell: agoCell(oldestAt, open === 0 ? 'none is under way' : 'some not yet') },
      { term: 'cannot be read', cell: countCell(failing, 'bad', 'none') },
      { term: 'repaired, where no delivery had told of it', cell: { text: String(repaired) } },
      { term: 'repaired last', cell: agoCell(repairedAt, 'never') },
    ],
  }
}

const KIND_WORDS: Readonly<Record<string, string>> = {
  dispatch: 'workflows to start',
  cancel: 'runs to cancel',
  reply: 'replies to commands',
  react: 'reactions to comments',
  swap: 'reactions to carried out commands',
  ask: 'questions to GitHub',
  publish: 'comments and check runs to bring up to date',
}

function outboxContent({ lines, buried, refused }: ValueOf<'outbox'>): SectionContent {
  const rows = lines.map(({ kind, waiting, due, dueSince, unconfirmed }): readonly HealthCell[] => [
    { text: KIND_WORDS[kind] ?? kind },
    { text: String(waiting) },
    { text: String(due) },
    { age: dueSince },
    countCell(unconfirmed, 'warn'),
  ])
  const columns = ['what', 'waiting', 'due now', 'oldest is due since', 'without a clear answer']
  return {
    facts: [
      { term: 'given up', cell: repairsCell(buried, 'effects') },
      {
        term: 'refused',
        cell: refused === null ? { text: 'nothing' } : { text: refusedText(refused), tone: 'warn' },
      },
    ],
    table: { caption: 'What waits to be sent', columns, rows },
    note: rows.length === 0 ? 'Nothing waits to be sent.' : null,
  }
}

/** Below a tenth, and reads already wait. */
const LOW_SHARE = 0.1

function quotaContent(installations: ValueOf<'quotas'>): SectionContent {
  const rows = installations.flatMap(({ installationId, account, state, quietUntil, quotas }) => {
    const name = installationId === 0 ? 'the App itself' : (account ?? `installation ${installationId}`)
    const quiet: HealthCell = quietUntil === null ? { text: 'no' } : { until: quietUntil, tone: 'warn' }
    const who: HealthCell = { text: state === 'active' ? name : `${name} (${state})` }
    if (quotas.length === 0)
      return [[who, { text: 'GitHub has not said', tone: 'muted' as const }, { text: '' }, { text: '' }, quiet]]
    return quotas.map(({ resource, allowed, remaining, resetsAt }): readonly HealthCell[] => [
      who,
      { text: `${remaining} of ${allowed}`, tone: remaining < allowed * LOW_SHARE ? 'bad' : undefined },
      { text: resource === 'core' ? 'REST' : resource === 'graphql' ? 'GraphQL' : resource },
      { until: resetsAt },
      quiet,
    ])
  })
  const columns = ['installation', 'calls left', 'of', 'resets at', 'quiet until']
  return {
    table: { caption: 'What GitHub last said is left', columns, rows },
    note: rows.length === 0 ? 'The App is not installed anywhere.' : null,
  }
}

function holdContent({ places, heldRepositories, openBreakers, limitedWorkflows }: ValueOf<'holds'>): SectionContent {
  const rows = places.map((place): readonly HealthCell[] => {
    const { repository, actor, reason, since, until } = holdViewOf(place)
    return [
      repository === null ? { text: 'everything', tone: 'bad' } : { text: repository, href: `/${repository}` },
      { text: reason },
      { text: actor },
      { age: since },
      until === null ? { text: 'it is resumed' } : { until },
    ]
  })
  const columns = ['where', 'why', 'who', 'since', 'until']
  return {
    facts: [
      { term: 'breakers open', cell: countCell(openBreakers, 'bad') },
      { term: 'agents at a limit', cell: { text: String(limitedWorkflows) } },
      { term: 'repositories held by people', cell: { text: String(heldRepositories) } },
    ],
    table: { caption: 'Holds', columns, rows },
    note: rows.length === 0 ? 'Nothing is held.' : null,
  }
}

function accessContent(problems: ValueOf<'accessProblems'>): SectionContent {
  const rows = accessNoticesOf(problems).map(({ place, text, since, settingsUrl }): readonly HealthCell[] => [
    { text: place?.text ?? 'everywhere', ...(place?.href && { href: place.href }) },
    { text, ...(settingsUrl !== null && { href: settingsUrl }) },
    { age: since },
  ])
  return {
    table: { caption: 'What GitHub refuses', columns: ['where', 'what', 'since'], rows },
    note: rows.length === 0 ? 'Nothing is known to be refused.' : null,
  }
}
