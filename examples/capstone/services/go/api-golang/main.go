// Program api-golang tells the time, which version tells it, and which schema it was written for.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"
)

// schema is the newest of the migrator's migrations that this program relies on.
const schema = "0002_index_requests"

// version is set by the linker.
var version = "dev"

func now(response http.ResponseWriter, _ *http.Request) {
	response.Header().Set("Content-Type", "application/json")
	response.Header().Set("Access-Control-Allow-Origin", "*")
	answer := map[string]string{
		"api":     "golang",
		"version": version,
		"schema":  schema,
		"now":     time.Now().UTC().Format(time.RFC3339Nano),
	}
	if err := json.NewEncoder(response).Encode(answer); err != nil {
		log.Print(err)
	}
}

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	http.HandleFunc("GET /{$}", now)
	http.HandleFunc("GET /healthz", now)
	log.Printf("api-golang %s listens on %s", version, port)
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
