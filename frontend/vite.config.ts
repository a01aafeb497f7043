/** How the page is built: one folder that the gateway serves under /graphiql/, nothing fetched from elsewhere. */
import { basename } from 'node:path'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Turns the fonts that GraphiQL embeds in its CSS into files: loaded when used, and `font-src 'self'` suffices. */
function fontsAsFiles(): Plugin {
  const embedded = /url\(["']?data:font\/(woff2?);base64,([A-Za-z0-9+/=]+)["']?\)/g
  return {
    name: 'fonts-as-files',
    generateBundle(_options, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== 'asset' || !asset.fileName.endsWith('.css')) continue
        asset.source = String(asset.source).replace(embedded, (_url, kind: string, base64: string) => {
          const source = Buffer.from(base64, 'base64')
          const font = this.emitFile({ type: 'asset', name: `font.${kind}`, source })
          return `url(./${basename(this.getFileName(font))})`
        })
      }
    },
  }
}

const gateway = process.env['CALLBOARD_URL'] ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/graphiql/',
  plugins: [react(), fontsAsFiles()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    // Monaco is one editor: about 2.5 MB before compression, loaded after the page's frame is on screen.
    chunkSizeWarningLimit: 3000,
    rolldownOptions: {
      onLog(level, log, handle) {
        // Notes of GraphiQL to the React compiler, which has run already.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log)
      },
    },
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    proxy: { '/graphql': gateway, '/auth': gateway },
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts?(x)'] },
})
