export function createTrainPanel(store) { return {}; }
