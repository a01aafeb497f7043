/**
 * Walks through everything else a reader does in the GraphiQL page, and reports what the page did.
 *
 *   node walk.mjs URL TOKEN
 *
 * Prints one JSON object: steps ({name, problem}), requests, outside, failures, console, consoleErrors, and ok.
 * Exits 0 where ok, 1 where not, 2 on wrong use. Queries need not succeed: only the page is judged here.
 */
import { launch, outside, watch } from './browser.mjs'

const [url, token] = process.argv.slice(2)
if (!token) {
  console.error('Use: node walk.mjs URL TOKEN')
  process.exit(2)
}

const STEPS = {
  'a link’s token signs in and leaves the address bar': async (page) => {
    await page.goto(`${url}#token=${encodeURIComponent(token)}`)
    await page.locator('.bar-viewer[data-state=known]').waitFor()
    expect(page.url() === url, `the address is ${page.url()}`)
  },
  'the first example is in the editor': async (page) => {
    await editor(page).waitFor()
    expect((await operation(page)).startsWith('# '), 'no example in the editor')
  },
  'the docs show the schema': async (page) => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.locator('.graphiql-doc-explorer-content a', { hasText: 'Query' }).first().click()
    await page.locator('.graphiql-doc-explorer-title', { hasText: 'Query' }).waitFor()
  },
  'the explorer panel writes a query': async (page) => {
    await page.getByRole('button', { name: 'New tab' }).click()
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click()
    await page.locator('[data-field-name=viewer]').click()
    await page.waitForFunction(() => window.__MONACO.editor.getModels()[0].getValue().includes('viewer'))
  },
  'the keyboard runs a query, and history has it': async (page) => {
    await editor(page).click()
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.keyboard.press('ControlOrMeta+Enter')
    await answered
    await page.getByRole('button', { name: 'Show History' }).click()
    await page.locator('.graphiql-history-item').first().waitFor()
  },
  'every example opens in a tab of its own': async (page) => {
    await page.getByRole('button', { name: 'Show Examples' }).click()
    const buttons = page.getByRole('region', { name: 'Examples' }).getByRole('button')
    const before = await tabs(page).count()
    for (const button of await buttons.all()) {
      await button.click()
      const title = await button.locator('strong').innerText()
      await page.waitForFunction(
        (t) => window.__MONACO.editor.getModels()[0].getValue().startsWith(`# ${t}`),
        title,
      )
    }
    expect(
      (await tabs(page).count()) === before + (await buttons.count()),
      'an example took another tab’s place',
    )
  },
  'the theme switch darkens the whole page': async (page) => {
    const light = await background(page)
    await page.getByRole('button', { name: 'Open settings dialog' }).click()
    await page.getByRole('button', { name: 'Dark', exact: true }).click()
    await page.keyboard.press('Escape')
    expect((await background(page)) !== light, 'the bar kept its light colours')
  },
  'a reload keeps the token and the tabs': async (page) => {
    const before = await tabs(page).count()
    await page.waitForTimeout(1000) // GraphiQL stores its tabs half a second after the last change
    await page.reload()
    await page.locator('.bar-viewer[data-state=known]').waitFor()
    await editor(page).waitFor()
    expect((await tabs(page).count()) === before, 'tabs were lost')
  },
  'what can’t be a token is refused, with the reason': async (page) => {
    await page.getByRole('button', { name: 'Change token' }).click()
    await page.getByLabel('Token', { exact: true }).fill('two words')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').filter({ hasText: 'Paste the token alone' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Change token' }).waitFor()
  },
  'the token is stored for this tab alone': async (page) => {
    const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, document.cookie]))
    expect(!stored.includes(token), 'the token is in localStorage or a cookie')
  },
}

const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(30_000)
  const seen = watch(page)
  const steps = []
  for (const [name, step] of Object.entries(STEPS)) steps.push({ name, problem: await problemOf(step, page) })
  const leaving = outside(seen.requests, new URL(url).origin)
  await forget(page, steps)
  const ok =
    steps.every(({ problem }) => problem === null) && leaving.length + seen.consoleErrors.length === 0
  console.log(JSON.stringify({ ok, steps, ...seen, outside: leaving }, null, 2))
  process.exitCode = ok ? 0 : 1
} finally {
  await browser.close()
}

/** The last step: it may make the browser log a 401, which is the gateway's right answer and not the page's error. */
async function forget(page, steps) {
  page.removeAllListeners('console')
  const problem = await problemOf(async () => {
    await page.getByRole('button', { name: 'Forget token' }).click()
    await page.getByRole('button', { name: 'Use a token' }).waitFor()
    const left = await page.evaluate(() => sessionStorage.length)
    expect(left === 0, 'something stayed in sessionStorage')
  }, page)
  steps.push({ name: 'forgetting the token leaves nothing of it', problem })
}

async function problemOf(step, page) {
  try {
    await step(page)
    return null
  } catch (error) {
    return error.message
  }
}

function expect(condition, otherwise) {
  if (!condition) throw new Error(otherwise)
}

function editor(page) {
  return page.locator('.graphiql-query-editor .monaco-editor').first()
}

function tabs(page) {
  return page.getByRole('tab')
}

function operation(page) {
  return page.evaluate(() => window.__MONACO.editor.getModels()[0].getValue())
}

function background(page) {
  return page.locator('#page').evaluate((element) => getComputedStyle(element).backgroundColor)
}
