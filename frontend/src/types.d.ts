declare module '*.js?worker' {
  const WorkerFromFile: new () => Worker
  export default WorkerFromFile
}
