// Command volume-writer writes ConfigMap volumes with the kubelet's own code.
//
// It reads a JSON object a line, with the folder of a volume and the base64 contents of its files by their names, writes the
// volume as the kubelet would, and answers with a line: "ok", or the error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/kubernetes/pkg/volume/util"
)

const longestLine = 16 << 20

type volume struct {
	Folder string
	// A byte slice is base64 in JSON.
	Files map[string][]byte
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		if err := write(lines.Bytes()); err != nil {
			fmt.Printf("%q\n", err)
			continue
		}
		fmt.Println("ok")
	}
}

func write(line []byte) error {
	var wanted volume
	if err := json.Unmarshal(line, &wanted); err != nil {
		return err
	}
	writer, err := util.NewAtomicWriter(wanted.Folder, "flagz")
	if err != nil {
		return err
	}
	files := make(map[string]util.FileProjection, len(wanted.Files))
	for name, data := range wanted.Files {
		files[name] = util.FileProjection{Data: data, Mode: 0o644}
	}
	return writer.Write(files, nil)
}
