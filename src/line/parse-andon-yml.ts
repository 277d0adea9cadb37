import { problemAt, quoteField, toProblems } from './andon-yml-problems.ts'
import { type AndonYml, type AndonYmlStage, andonYmlSchema, RESERVED_NAMES, STAGE_NAME } from './andon-yml-schema.ts'
import { DEFAULTS, type Line, type StageConfig } from './line.ts'
import { type AndonYmlProblem, parseYaml, type YamlSource } from './parse-yaml.ts'

/** What `.github/andon.yml` describes: a line, or all its problems in file order. */
export type ParsedLine = { readonly line: Line } | { readonly problems: readonly AndonYmlProblem[] }

const MAX_STAGES = 12
const MAX_PROBLEMS = 20

/** Parses the text of `.github/andon.yml`. Never throws, whatever the text. */
export function parseAndonYml(text: string): ParsedLine {
  const source = parseYaml(text)
  if ('problems' in source) return sortProblems(source.problems)
  if (source.value === null || source.value === undefined) return { problems: [missingStages(source)] }
  const result = andonYmlSchema.safeParse(source.value)
  if (!result.success) return sortProblems(result.error.issues.flatMap((issue) => toProblems(issue, source)))
  const problems = validateFile(result.data, source)
  return problems.length > 0 ? sortProblems(problems) : { line: toLine(result.data) }
}

/** A problem and its position, in one sentence. */
export function problemText({ fileLine, column, message }: AndonYmlProblem): string {
  return `Line ${fileLine}, column ${column}: ${message}`
}

function sortProblems(problems: readonly AndonYmlProblem[]): ParsedLine {
  const sorted = problems.toSorted((a, b) => a.fileLine - b.fileLine || a.column - b.column)
  return { problems: sorted.slice(0, MAX_PROBLEMS) }
}

/** The problems of a well-formed file: fields that contradict each other. */
function validateFile(file: AndonYml, source: YamlSource): readonly AndonYmlProblem[] {
  const stages = Object.entries(file.stages ?? {})
  if (stages.length === 0) return [missingStages(source)]
  return [
    ...stages.slice(MAX_STAGES, MAX_STAGES + 1).map(([name]) => tooManyStages(name, source)),
    ...stages.flatMap(([name, stage]) => validateStage(name, stage, source)),
    ...findDuplicates(stages, source),
  ]
}

function tooManyStages(name: string, source: YamlSource): AndonYmlProblem {
  const path = ['stages', name]
  return problemAt(source, path, 'key', `${quoteField(path)} is one stage too many; a line has at most ${MAX_STAGES}.`)
}

function missingStages(source: YamlSource): AndonYmlProblem {
  return problemAt(
    source,
    ['stages'],
    'key',
    '`stages` is missing or empty; a line has at least one stage, such as `plan: { workflow: plan.yml }`.',
  )
}

function validateStage(name: string, stage: AndonYmlStage, source: YamlSource): readonly AndonYmlProblem[] {
  const path = ['stages', name]
  const problemAtField = (field: string, message: string) =>
    problemAt(source, [...path, field], 'key', `${quoteField([...path, field])} ${message}`)
  const problems: AndonYmlProblem[] = []
  if (!STAGE_NAME.test(name)) {
    problems.push(
      problemAt(
        source,
        path,
        'key',
        `${quoteField(path)} cannot be the name of a stage; a name is a lower-case letter, then at most 19 lower-case letters, digits or hyphens.`,
      ),
    )
  } else if (RESERVED_NAMES.includes(name)) {
    problems.push(
      problemAt(
        source,
        path,
        'key',
        `${quoteField(path)} cannot be the name of a stage, because \`/andon hold ${name}\` means something else; choose another.`,
      ),
    )
  }
  if (stage.pull_request) {
    const extraFields = Object.keys(stage).filter((field) => field !== 'pull_request')
    return [
      ...problems,
      ...extraFields.map((field) =>
        problemAtField(
          field,
          'has no effect next to `pull_request: true`, because that stage follows the pull request; remove one of them.',
        ),
      ),
    ]
  }
  if (stage.workflow === undefined) {
    problems.push(
      problemAt(
        source,
        path,
        'key',
        `${quoteField(path)} has neither \`workflow\` nor \`pull_request: true\`; it takes one of them.`,
      ),
    )
  }
  if (stage.observe && stage.attempts !== undefined) {
    problems.push(
      problemAtField(
        'attempts',
        'has no effect next to `observe: true`, because that stage is started elsewhere; remove one of them.',
      ),
    )
  }
  if (stage.timeout !== undefined && stage.limit !== undefined && stage.timeout > stage.limit) {
    problems.push(
      problemAtField(
        'timeout',
        'is longer than the `limit` of its stage; `timeout` bounds silence within a run, `limit` the whole run.',
      ),
    )
  }
  return problems
}

/** A workflow file belongs to one stage, or its runs could not be told apart; and one stage follows the pull request. */
function findDuplicates(
  stages: readonly (readonly [string, AndonYmlStage])[],
  source: YamlSource,
): readonly AndonYmlProblem[] {
  return stages.flatMap(([name, stage], index) => {
    const earlier = stages.slice(0, index)
    const field = stage.pull_request ? 'pull_request' : 'workflow'
    const duplicate = earlier.find(([, other]) =>
      stage.pull_request ? other.pull_request : stage.workflow !== undefined && other.workflow === stage.workflow,
    )
    if (!duplicate) return []
    const path = ['stages', name, field]
    return [
      problemAt(
        source,
        path,
        'value',
        `${quoteField(path)} is already the \`${field}\` of another stage; each stage needs its own.`,
      ),
    ]
  })
}

function toLine(file: AndonYml): Line {
  return {
    stages: Object.entries(file.stages ?? {}).map(([name, stage]) => toStageConfig(name, stage)),
    checksBeforePullRequest: file.checks?.before_pull_request ?? DEFAULTS.checksBeforePullRequest,
    comments: file.comments ?? DEFAULTS.comments,
    startLabel: file.start === 'command' ? null : (file.start?.label ?? DEFAULTS.startLabel),
    rework: file.rework ?? DEFAULTS.rework,
    limits: {
      running: file.limits?.running ?? DEFAULTS.limits.running,
      startsPerDay: file.limits?.starts_per_day ?? DEFAULTS.limits.startsPerDay,
    },
    breaker: toBreakerConfig(file.breaker),
    bots: [...new Set((file.bots ?? DEFAULTS.bots).map(botLoginOf))],
  }
}

function toBreakerConfig(breaker: AndonYml['breaker']): Line['breaker'] {
  if (breaker === 'off') return null
  const { failures, withinSeconds } = DEFAULTS.breaker
  return { failures: breaker?.failures ?? failures, withinSeconds: breaker?.within ?? withinSeconds }
}

function toStageConfig(name: string, stage: AndonYmlStage): StageConfig {
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

/** GitHub ends the login of every App's bot in `[bot]`, which YAML reads as a list unless it is quoted. */
function botLoginOf(bot: string): string {
  const login = bot.toLowerCase()
  return login.endsWith('[bot]') ? login : `${login}[bot]`
}
