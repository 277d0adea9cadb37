import { mistakeAt, mistakesOf, named } from './andon-yml-problems.ts'
import { type FileShape, fileShape, RESERVED_NAMES, STAGE_NAME, type StageShape } from './andon-yml-schema.ts'
import { DEFAULTS, type Line, type StageRule } from './line.ts'
import { type Mistake, type Read, readYaml } from './parse-yaml.ts'

/** What `.github/andon.yml` says: a line, or everything that is wrong with it in the order of the file. */
export type Parsed = { readonly line: Line } | { readonly mistakes: readonly Mistake[] }

const MOST_STAGES = 12
const MOST_MISTAKES = 20

/** Reads the text of `.github/andon.yml`. Never throws, whatever the text. */
export function parseLine(text: string): Parsed {
  const read = readYaml(text)
  if ('mistakes' in read) return inOrder(read.mistakes)
  if (read.value === null || read.value === undefined) return { mistakes: [noStages(read)] }
  const shaped = fileShape.safeParse(read.value)
  if (!shaped.success) return inOrder(shaped.error.issues.flatMap((issue) => mistakesOf(issue, read)))
  const mistakes = senseless(shaped.data, read)
  return mistakes.length > 0 ? inOrder(mistakes) : { line: lineOf(shaped.data) }
}

/** A mistake with its place, as one sentence. */
export function sentence({ line, column, message }: Mistake): string {
  return `Line ${line}, column ${column}: ${message}`
}

function inOrder(mistakes: readonly Mistake[]): Parsed {
  const sorted = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column)
  return { mistakes: sorted.slice(0, MOST_MISTAKES) }
}

/** What is well-formed and means nothing. */
function senseless(file: FileShape, read: Read): readonly Mistake[] {
  const stages = Object.entries(file.stages ?? {})
  if (stages.length === 0) return [noStages(read)]
  return [
    ...stages.slice(MOST_STAGES, MOST_STAGES + 1).map(([name]) => tooMany(name, read)),
    ...stages.flatMap(([name, stage]) => senselessStage(name, stage, read)),
    ...twice(stages, read),
  ]
}

function tooMany(name: string, read: Read): Mistake {
  const path = ['stages', name]
  return mistakeAt(read, path, 'key', `${named(path)} is one stage too many; a line has at most ${MOST_STAGES}.`)
}

function noStages(read: Read): Mistake {
  return mistakeAt(
    read,
    ['stages'],
    'key',
    '`stages` is missing or empty; a line has at least one stage, such as `plan: { workflow: plan.yml }`.',
  )
}

function senselessStage(name: string, stage: StageShape, read: Read): readonly Mistake[] {
  const path = ['stages', name]
  const say = (field: string, message: string) =>
    mistakeAt(read, [...path, field], 'key', `${named([...path, field])} ${message}`)
  const mistakes: Mistake[] = []
  if (!STAGE_NAME.test(name)) {
    mistakes.push(
      mistakeAt(
        read,
        path,
        'key',
        `${named(path)} cannot be the name of a stage; it takes a small letter, then at most 19 small letters, digits or hyphens.`,
      ),
    )
  } else if (RESERVED_NAMES.includes(name)) {
    mistakes.push(
      mistakeAt(
        read,
        path,
        'key',
        `${named(path)} cannot be the name of a stage, because \`/andon hold ${name}\` means something else; choose another.`,
      ),
    )
  }
  if (stage.pull_request) {
    const beside = Object.keys(stage).filter((field) => field !== 'pull_request')
    return [
      ...mistakes,
      ...beside.map((field) =>
        say(
          field,
          'means nothing beside `pull_request: true`, because that stage follows the pull request; remove one of them.',
        ),
      ),
    ]
  }
  if (stage.workflow === undefined) {
    mistakes.push(
      mistakeAt(
        read,
        path,
        'key',
        `${named(path)} says neither \`workflow\` nor \`pull_request: true\`; it takes one of them.`,
      ),
    )
  }
  if (stage.observe && stage.attempts !== undefined) {
    mistakes.push(
      say(
        'attempts',
        'means nothing beside `observe: true`, because somebody else starts that stage; remove one of them.',
      ),
    )
  }
  if (stage.timeout !== undefined && stage.limit !== undefined && stage.timeout > stage.limit) {
    mistakes.push(
      say('timeout', 'is longer than the `limit` of its stage; the silence it bounds is part of the whole run.'),
    )
  }
  return mistakes
}

/** One workflow file carries one stage, or its runs could not be told apart; and one stage follows the pull request. */
function twice(stages: readonly (readonly [string, StageShape])[], read: Read): readonly Mistake[] {
  return stages.flatMap(([name, stage], index) => {
    const before = stages.slice(0, index)
    const field = stage.pull_request ? 'pull_request' : 'workflow'
    const same = before.find(([, other]) =>
      stage.pull_request ? other.pull_request : stage.workflow !== undefined && other.workflow === stage.workflow,
    )
    if (!same) return []
    const path = ['stages', name, field]
    return [
      mistakeAt(
        read,
        path,
        'value',
        `${named(path)} is already the \`${field}\` of another stage; each stage takes one of its own.`,
      ),
    ]
  })
}

function lineOf(file: FileShape): Line {
  return {
    stages: Object.entries(file.stages ?? {}).map(([name, stage]) => ruleOf(name, stage)),
    checksBeforePullRequest: file.checks?.before_pull_request ?? DEFAULTS.checksBeforePullRequest,
    comments: file.comments ?? DEFAULTS.comments,
    startLabel: file.start === 'command' ? null : (file.start?.label ?? DEFAULTS.startLabel),
    rework: file.rework ?? DEFAULTS.rework,
    limits: {
      running: file.limits?.running ?? DEFAULTS.limits.running,
      startsPerDay: file.limits?.starts_per_day ?? DEFAULTS.limits.startsPerDay,
    },
    bots: [...new Set((file.bots ?? DEFAULTS.bots).map(loginOf))],
  }
}

function ruleOf(name: string, stage: StageShape): StageRule {
  const limitSeconds = stage.limit ?? DEFAULTS.limitSeconds
  return {
    name,
    workflow: stage.workflow ?? null,
    observe: stage.workflow === undefined || stage.observe === true,
    timeoutSeconds: stage.timeout ?? Math.min(DEFAULTS.timeoutSeconds, limitSeconds),
    limitSeconds,
    attempts: stage.attempts ?? DEFAULTS.attempts,
    gate: stage.gate ?? DEFAULTS.gate,
  }
}

/** GitHub ends the login of every App's bot in `[bot]`, which YAML would read as a list unless it is quoted. */
function loginOf(bot: string): string {
  const login = bot.toLowerCase()
  return login.endsWith('[bot]') ? login : `${login}[bot]`
}
