/**
 * graphql-codegen's client-preset, unmodified: generates types from the gateway's introspection, type-checks a
 * small program that reads the query's result through them, and runs that query with the generated document.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { generate } from '@graphql-codegen/cli'
import { Kind, parse } from 'graphql'
import { finish, readArguments } from './arguments.mjs'

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url))

const { url, headers, query } = await readArguments()
const name = operationName(query)
const folder = await mkdtemp(join(tmpdir(), 'callboard-codegen-'))
try {
  await generateTypes()
  await writeProgram()
  compile()
  const { text } = await import(pathToFileURL(join(folder, 'out', 'program.js')))
  await run(text)
} finally {
  await rm(folder, { recursive: true })
}

async function generateTypes() {
  await symlink(MODULES, join(folder, 'node_modules'))
  await writeFile(join(folder, 'query.graphql'), query)
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await generate(
    {
      schema: { [url]: { headers } },
      documents: [join(folder, 'query.graphql')],
      generates: {
        [`${folder}/gql/`]: { preset: 'client', config: { documentMode: 'string', useTypeImports: true } },
      },
      importExtension: '.js',
      silent: true,
    },
    true,
  )
}

/** A program that only compiles where the generated types know the query's result. */
async function writeProgram() {
  await writeFile(
    join(folder, 'program.ts'),
    [
      `import { ${name}Document, type ${name}Query } from './gql/graphql.js'`,
      `export const text: string = ${name}Document.toString()`,
      `export function keys(result: ${name}Query): (keyof ${name}Query)[] {`,
      `  return Object.keys(result) as (keyof ${name}Query)[]`,
      '}',
      '// @ts-expect-error: a field that was not asked for is not in the result',
      `export const absent = (result: ${name}Query) => result.notInTheQuery`,
    ].join('\n'),
  )
}

function compile() {
  const options = [
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--skipLibCheck',
    '--outDir',
    'out',
  ]
  const tsc = join(MODULES, 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...options, 'program.ts'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the generated types do not compile:\n${stdout}`)
}

async function run(document) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: document }),
  })
  const { data, errors } = await response.json()
  finish(data, errors)
}

function operationName(text) {
  const operation = parse(text).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION)
  if (!operation?.name)
    throw new Error('name the operation in the query file: generated types are named by it')
  return operation.name.value[0].toUpperCase() + operation.name.value.slice(1)
}
