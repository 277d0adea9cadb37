// The files for hosts say what the source says.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { VARIABLES } from '../src/process/environment.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const example = [...read('.env.example').matchAll(/^# (.+)\n(?:# )?([A-Z_]+)=(.*)$/gm)]
const environment = read('docs/reference/environment.md')

test('.env.example has each variable once, under one line that says what it is', () => {
  const ofCompose = [...new Set([...read('compose.yaml').matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name))]
  const names = [...read('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name)
  expect(names.toSorted()).toEqual([...VARIABLES, ...ofCompose].toSorted())
  expect(example).toHaveLength(names.length)
})

test('what .env.example comments out is the default, or an example of what has none', () => {
  for (const [, , name, value = ''] of example) {
    const documented = new RegExp(`^\\| \`${name}\` \\| \`(.+?)\``, 'm').exec(environment)?.[1]
    if (documented !== undefined && name !== 'BASE_URL') expect(`${name}=${value}`).toBe(`${name}=${documented}`)
  }
})

test('compose.yaml waits for the database and its migration, and writes to no container', () => {
  const { services } = parse(read('compose.yaml'), { merge: true })
  expect(Object.keys(services)).toEqual(['postgres', 'migrate', 'web', 'worker'])
  for (const role of ['migrate', 'web', 'worker']) {
    expect(services[role]).toMatchObject({ command: [role], read_only: true, cap_drop: ['ALL'], env_file: '.env' })
    for (const name of Object.keys(services[role].environment)) expect(VARIABLES).toContain(name)
  }
  expect(services.worker.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } })
})

test('the proxies pass on deliveries of 25 MiB and each event at once', () => {
  expect(read('deploy/nginx.conf')).toMatch(
    /client_max_body_size 25m;[\s\S]*location = \/events \{[^}]*proxy_buffering off;/,
  )
  expect(read('deploy/Caddyfile')).toMatch(/max_size 25MiB[\s\S]*flush_interval -1/)
})
