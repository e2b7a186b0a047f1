; Herokey's installer for Windows, for one user and without administrator rights. `make` beside this file runs it.
;
; /S shows nothing, /P only the progress. /R starts Herokey at the end, with the arguments that follow /ARGS. Herokey's
; updater passes /P /R /UPDATE /ARGS (tauri-plugin-updater, `updater_parameters`).

Unicode true
Target amd64-unicode
RequestExecutionLevel user
ManifestSupportedOS all
ManifestDPIAware true
AllowSkipFiles off

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh

!define ID "dev.herokey.desktop"
!define HOME "https://github.com/herokey/herokey"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Herokey"
; Notifications take the sender's name and icon from here.
!define SENDER "Software\Classes\AppUserModelId\${ID}"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define RUN_APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
!define WEBVIEW2 "Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}"
!define WEBVIEW2_PAGE "https://developer.microsoft.com/microsoft-edge/webview2/consumer/"

Name "Herokey"
OutFile "${OUTPUT}"
; Not %LOCALAPPDATA%\Herokey, where Herokey keeps its own state.
InstallDir "$LOCALAPPDATA\Programs\Herokey"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Herokey"
VIAddVersionKey "FileDescription" "Herokey's installer"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The Herokey authors"
!ifdef SIGN
  !uninstfinalize '${SIGN} "%1"' = 0
!endif

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipIfPassive
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_PAGE_CUSTOMFUNCTION_PRE SkipIfPassive
!define MUI_FINISHPAGE_RUN "$INSTDIR\bin\herokey-desktop.exe"
!define MUI_FINISHPAGE_RUN_TEXT "Start Herokey"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Var Passive
Var WasRunning

Function .onInit
  ${IfNot} ${AtLeastWin10}
    MessageBox MB_ICONSTOP "Herokey needs Windows 10 or newer." /SD IDOK
    SetErrorLevel 1
    Quit
  ${EndIf}
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/P" $1
  ${IfNot} ${Errors}
    StrCpy $Passive 1
    SetAutoClose true
  ${EndIf}
FunctionEnd

Function SkipIfPassive
  ${If} $Passive = 1
    Abort
  ${EndIf}
FunctionEnd

; Asks a running tray to quit, and waits for it: ten seconds, then it goes on without. $WasRunning is 1 if one ran.
!macro QuitTray un
Function ${un}QuitTray
  FindWindow $0 "${ID}-sic"
  ${If} $0 <> 0
    StrCpy $WasRunning 1
    DetailPrint "Quitting Herokey"
    Exec '"$INSTDIR\bin\herokey-desktop.exe" --quit'
    ${For} $1 1 100
      FindWindow $0 "${ID}-sic"
      ${If} $0 = 0
        ${Break}
      ${EndIf}
      Sleep 100
    ${Next}
  ${EndIf}
FunctionEnd
!macroend
!insertmacro QuitTray ""
!insertmacro QuitTray "un."

; Moves bin\NAME to the path in $0, in FOLDER. Windows lets nobody overwrite or delete a running program, but renames it.
!macro MoveAway NAME FOLDER
  GetTempFileName $0 "${FOLDER}"
  Delete $0
  ClearErrors
  Rename "$INSTDIR\bin\${NAME}" $0
!macroend

; Stops before anything is replaced if bin\NAME cannot be. An installer that was killed may have left it as NAME.old.
!macro Probe NAME
  ${IfNot} ${FileExists} "$INSTDIR\bin\${NAME}"
    Rename "$INSTDIR\bin\${NAME}.old" "$INSTDIR\bin\${NAME}"
  ${EndIf}
  ${If} ${FileExists} "$INSTDIR\bin\${NAME}"
    Delete "$INSTDIR\bin\${NAME}.old"
    ClearErrors
    Rename "$INSTDIR\bin\${NAME}" "$INSTDIR\bin\${NAME}.old"
    ${If} ${Errors}
      !insertmacro CannotReplace "${NAME}"
    ${EndIf}
    ; A scanner may hold it for a moment.
    ${For} $1 1 50
      ClearErrors
      Rename "$INSTDIR\bin\${NAME}.old" "$INSTDIR\bin\${NAME}"
      ${IfNot} ${Errors}
        ${Break}
      ${EndIf}
      Sleep 100
    ${Next}
  ${EndIf}
!macroend

!macro CannotReplace NAME
  Call StartAgain
  MessageBox MB_ICONSTOP "Could not replace $INSTDIR\bin\${NAME}. Another program may have it open: close it, then run this again." /SD IDOK
  SetErrorLevel 2
  Abort
!macroend

; Puts bin\NAME.new in the place of bin\NAME, which may be running.
!macro Replace NAME
  StrCpy $0 ""
  ${If} ${FileExists} "$INSTDIR\bin\${NAME}"
    !insertmacro MoveAway "${NAME}" "$INSTDIR\replaced"
  ${EndIf}
  ClearErrors
  Rename "$INSTDIR\bin\${NAME}.new" "$INSTDIR\bin\${NAME}"
  ${If} ${Errors}
    ${If} $0 != ""
      Rename $0 "$INSTDIR\bin\${NAME}"
    ${EndIf}
    !insertmacro CannotReplace "${NAME}"
  ${EndIf}
!macroend

; Removes bin\NAME. One that runs is moved to the folder for temporary files, which Windows may clean up.
!macro Remove NAME
  Delete "$INSTDIR\bin\${NAME}"
  ${If} ${FileExists} "$INSTDIR\bin\${NAME}"
    !insertmacro MoveAway "${NAME}" "$TEMP"
  ${EndIf}
!macroend

!macro Herokey ARGUMENTS MESSAGE
  nsExec::ExecToLog '"$INSTDIR\bin\herokey.exe" ${ARGUMENTS}'
  Pop $0
  ${If} $0 != 0
    DetailPrint "${MESSAGE}"
  ${EndIf}
!macroend

!macro TellOfNewPath
  SendMessage ${HWND_BROADCAST} ${WM_SETTINGCHANGE} 0 "STR:Environment" /TIMEOUT=1000
!macroend

Section "Install"
  SetOutPath "$INSTDIR\bin"
  ; Every program is unpacked before one is replaced, so a full disk leaves the old ones as they were.
  File "/oname=herokey.exe.new" "${PROGRAMS}\herokey.exe"
  File "/oname=herokey-desktop.exe.new" "${PROGRAMS}\herokey-desktop.exe"
  ; Programs that were built with MinGW need it beside them.
  !if /FileExists "${PROGRAMS}\WebView2Loader.dll"
    File "/oname=WebView2Loader.dll.new" "${PROGRAMS}\WebView2Loader.dll"
  !endif
  ; Docker's helper is the same program under another name. Not every file system has hard links.
  Delete "$OUTDIR\docker-credential-herokey.exe.new"
  System::Call 'kernel32::CreateHardLinkW(w "$OUTDIR\docker-credential-herokey.exe.new", w "$OUTDIR\herokey.exe.new", p 0) i.r0'
  ${If} $0 = 0
    CopyFiles /SILENT "$OUTDIR\herokey.exe.new" "$OUTDIR\docker-credential-herokey.exe.new"
  ${EndIf}
  SetOutPath "$INSTDIR"
  File "/oname=herokey.ico" "${ICON}"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  ; What earlier installations moved here because it was running. What still runs stays.
  RMDir /r "$INSTDIR\replaced"
  CreateDirectory "$INSTDIR\replaced"
  Call QuitTray
  !insertmacro Probe "herokey.exe"
  !insertmacro Probe "docker-credential-herokey.exe"
  !insertmacro Probe "herokey-desktop.exe"
  !if /FileExists "${PROGRAMS}\WebView2Loader.dll"
    !insertmacro Probe "WebView2Loader.dll"
  !endif
  !insertmacro Replace "herokey.exe"
  !insertmacro Replace "docker-credential-herokey.exe"
  !insertmacro Replace "herokey-desktop.exe"
  !if /FileExists "${PROGRAMS}\WebView2Loader.dll"
    !insertmacro Replace "WebView2Loader.dll"
  !endif
  RMDir /r "$INSTDIR\replaced"

  !insertmacro Herokey "path-entry add" "To run `herokey` in a terminal, add $INSTDIR\bin to PATH."
  !insertmacro TellOfNewPath
  CreateShortcut "$SMPROGRAMS\Herokey.lnk" "$INSTDIR\bin\herokey-desktop.exe"
  WriteRegStr HKCU "${SENDER}" "DisplayName" "Herokey"
  WriteRegStr HKCU "${SENDER}" "IconUri" "$INSTDIR\herokey.ico"

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Herokey"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\bin\herokey-desktop.exe"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Herokey authors"
  WriteRegStr HKCU "${UNINSTALL}" "URLInfoAbout" "${HOME}"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1

  Call CheckWebView2
  Call StartAgain
SectionEnd

; Microsoft's documented keys: for all users (on 64-bit Windows below WOW6432Node), and for this user.
Function CheckWebView2
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\${WEBVIEW2}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "Software\${WEBVIEW2}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${OrIf} $0 == "0.0.0.0"
    DetailPrint "Herokey's window needs Microsoft's WebView2 Runtime: ${WEBVIEW2_PAGE}"
    ${If} $Passive != 1
      MessageBox MB_YESNO|MB_ICONINFORMATION "Herokey is installed, but its window needs Microsoft's WebView2 Runtime, which is not on this computer. The menu of the tray icon and `herokey` in a terminal work without it.$\n$\nOpen Microsoft's page for WebView2 now?" /SD IDNO IDNO done
      ExecShell "open" "${WEBVIEW2_PAGE}"
      done:
    ${EndIf}
  ${EndIf}
FunctionEnd

; Starts the tray if it ran before, or if the updater asks for it.
Function StartAgain
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/R" $1
  ${IfNot} ${Errors}
    ${GetOptions} $0 "/ARGS" $1
    Exec '"$INSTDIR\bin\herokey-desktop.exe" $1'
  ${ElseIf} $WasRunning = 1
    Exec '"$INSTDIR\bin\herokey-desktop.exe" --at-login'
  ${EndIf}
FunctionEnd

Section "Uninstall"
  Call un.QuitTray
  ; Docker fails if its configuration names a helper that is gone.
  !insertmacro Herokey "docker remove" "To make Docker work with Heroku's registry, remove `herokey` from its configuration."
  !insertmacro Herokey "path-entry remove" "PATH still names $INSTDIR\bin."
  !insertmacro TellOfNewPath
  !insertmacro Remove "docker-credential-herokey.exe"
  !insertmacro Remove "herokey.exe"
  !insertmacro Remove "herokey-desktop.exe"
  !insertmacro Remove "WebView2Loader.dll"
  ; What an installer that stopped has left.
  Delete "$INSTDIR\bin\*.new"
  Delete "$INSTDIR\bin\*.old"
  RMDir /r "$INSTDIR\replaced"
  FindFirst $1 $2 "$INSTDIR\replaced\*.tmp"
  ${DoUntil} $2 == ""
    Rename "$INSTDIR\replaced\$2" "$TEMP\$2"
    FindNext $1 $2
  ${Loop}
  FindClose $1
  RMDir "$INSTDIR\replaced"
  Delete "$INSTDIR\herokey.ico"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR\bin"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Herokey.lnk"
  DeleteRegValue HKCU "${RUN}" "Herokey"
  DeleteRegValue HKCU "${RUN_APPROVED}" "Herokey"
  DeleteRegKey HKCU "${SENDER}"
  DeleteRegKey HKCU "${UNINSTALL}"
SectionEnd
