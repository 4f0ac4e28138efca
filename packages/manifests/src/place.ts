/** Where in a document something stands: keys and indexes from the root, such as `["spec", "data", 0, "remoteRef"]`. */
export type Place = readonly (string | number)[];
